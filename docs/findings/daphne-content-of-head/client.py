"""The connection persists after a response of the kind head-of-chunks.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, expect, need, none, request, response_parts, run, same_text

TITLE = "The connection persists after a response of the kind head-of-chunks"


def reproduction() -> None:
    # request (specs/http/keep-alive.yaml:77)
    one = Connection()
    first_ = request(
        b"HEAD /chunks HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
        method="HEAD",
    )
    need("complete", first_.complete, True)
    need("headers.connection", first_.values("connection"), none(same_text("close")))
    first_seen = response_parts(first_)

    # request (specs/http/keep-alive.yaml:83)
    second = request(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Length: 6\r\n"
        b"\r\n"
        b"second",
        one,
        method="POST",
    )
    expect("outcome", second.outcome, "response")
    expect("status", second.status, 200)
    expect("body", second.body, b"second")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
