"""The fields of a response may be an-iterator.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, expect, request, run

TITLE = "The fields of a response may be an-iterator"


def reproduction() -> None:
    # request (specs/asgi/scopes.yaml:147)
    one = Connection()
    sent = request(
        b"GET /an-iterator HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    expect("status", sent.status, 203)
    expect("headers.x-a", sent.values("x-a"), ["one", "two"])
    expect("complete", sent.complete, True)
    expect("body", sent.body, b"ok")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
