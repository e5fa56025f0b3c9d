"""A status of 99 is refused, and never sent.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import any_of, expect, fits, request, run

TITLE = "A status of 99 is refused, and never sent"


def reproduction() -> None:
    # request (specs/http/status-codes.yaml:260)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("body", reply.body, b"good")

    # request (specs/http/status-codes.yaml:261)
    reply = request(
        b"GET /bad HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    expect(
        "one of the alternatives",
        any([fits(reply.status, 500), fits(reply.outcome, any_of("closed", "reset"))]),
        True,
    )

    # request (specs/http/status-codes.yaml:262)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("body", reply.body, b"good")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE, timeout_is_fault=True))
