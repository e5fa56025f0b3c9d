"""A last response of 1 MiB before an unread body, 50000 bytes, arrives whole at a client that reads late, connection-close.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import connect, ended_calls, expect, need, numbered, response, run

TITLE = "A last response of 1 MiB before an unread body, 50000 bytes, arrives whole at a client that reads late, connection-close"


def reproduction() -> None:
    # connect (specs/wsgi/serving.yaml:112)
    late_began = time.monotonic()
    late_outcome, late, late_error = connect(receive_buffer=16384)
    need("outcome", late_outcome, "connected")

    # tcp (specs/wsgi/serving.yaml:113)
    step_began = time.monotonic()
    late.reads = False
    late.send((
        b"GET /size/1048576 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: close\r\n"
        b"Content-Length: 50000\r\n"
        b"\r\n"
    ) + b"x" * 50000)
    late.pause(0.7)
    late.reads = True
    reply = response(late, within=8)
    expect("status", reply.status, 200)
    expect("body.size", reply.size, 1048576)
    expect("complete", reply.complete, True)

    # the address of the client, as the server reports it
    found = numbered(ended_calls(since=step_began)).part("client.1")
    expect("scope.client.1", found, late.port)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
