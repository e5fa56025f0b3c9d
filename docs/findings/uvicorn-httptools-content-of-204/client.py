"""The content of a 204 response to GET is not sent, application body-and-length with its framing, and the next response is its own.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, any_of, expect, fits, need, request, run

TITLE = "The content of a 204 response to GET is not sent, application body-and-length with its framing, and the next response is its own"


def reproduction() -> None:
    # request (specs/http/status-codes.yaml:106)
    reply = request(
        b"GET /second HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"second")

    # request (specs/http/status-codes.yaml:107)
    one = Connection()
    reply = request(
        b"GET /first HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    need(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 204) and fits(reply.framing, "none") and fits(
                    reply.complete,
                    True,
                ),
                fits(reply.status, 500),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )

    # request (specs/http/status-codes.yaml:112)
    reply = request(
        b"GET /second HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 200) and fits(reply.body, b"second") and fits(
                    reply.header("content-length"),
                    "6",
                ),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
