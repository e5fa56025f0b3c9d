"""X-Forwarded-Port bytes-beyond-ascii beside the client of a trusted proxy leaves a client that is a host and a port.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import any_of, expect, need, request, run

TITLE = "X-Forwarded-Port bytes-beyond-ascii beside the client of a trusted proxy leaves a client that is a host and a port"


def reproduction() -> None:
    # request (specs/operation/forwarded.yaml:184)
    reply = request(
        b"GET /scope HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"X-Forwarded-For: 192.0.2.7\r\n"
        b"X-Forwarded-Proto: https\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)

    # request (specs/operation/forwarded.yaml:185)
    one = request(
        b"GET /scope HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"X-Forwarded-For: 192.0.2.7\r\n"
        b"X-Forwarded-Proto: http\r\n"
        b"X-Forwarded-Port: \xff\x80\r\n"
        b"\r\n"
    )
    expect("outcome", one.outcome, "response")
    expect("status", one.status, any_of(200, 400))


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
