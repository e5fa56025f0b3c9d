"""A line with UNKNOWN is accepted, alone.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import connect, expect, need, request, run

TITLE = "A line with UNKNOWN is accepted, alone"


def reproduction() -> None:
    # connect (specs/operation/proxy-wsgi.yaml:38)
    proxied_outcome, proxied, proxied_error = connect()
    need("outcome", proxied_outcome, "connected")
    if proxied is not None:
        proxied.send(b"PROXY UNKNOWN\r\n")

    # request (specs/operation/proxy-wsgi.yaml:39)
    reply = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        proxied,
        within=5,
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("body", reply.body, b"OK")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
