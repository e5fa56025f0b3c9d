"""An interim status of the application before its final one, 102, with no-fields, is never the final response.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import any_of, expect, fits, need, request, run

TITLE = "An interim status of the application before its final one, 102, with no-fields, is never the final response"


def reproduction() -> None:
    # request (specs/asgi/interim.yaml:75)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"good")

    # request (specs/asgi/interim.yaml:76)
    reply = request(
        b"GET /faulty HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        within=3,
    )
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 200) and fits(reply.body, b"ok") and fits(reply.complete, True),
                fits(reply.status, 500),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
