"""Two lines of Host are refused in a request with version-1-0 as well.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, expect, need, request, response, run

TITLE = "Two lines of Host are refused in a request with version-1-0 as well"


def reproduction() -> None:
    # request (specs/http/host.yaml:80)
    kept = Connection()
    reply = request(
        b"GET /right HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        kept,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"ok")

    # tcp (specs/http/host.yaml:81)
    raw_began = time.monotonic()
    kept.send(
        b"GET /any HTTP/1.0\r\n"
        b"Host: a.example\r\n"
        b"Host: b.example\r\n"
        b"Content-Length: 0\r\n"
        b"\r\n"
    )
    reply = response(kept)
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 400)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
