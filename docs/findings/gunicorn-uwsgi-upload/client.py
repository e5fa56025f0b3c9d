"""A body of 3 MiB goes to the application and back, with-a-length, buffered.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import random
import sys

from support import expect, request, run

TITLE = "A body of 3 MiB goes to the application and back, with-a-length, buffered"


def reproduction() -> None:
    # request (specs/fastcgi/large-bodies.yaml:25)
    body = random.Random(11).randbytes(3145728)
    reply = request(
        (
            b"POST /echo HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"Content-Length: 3145728\r\n"
            b"\r\n"
        ) + body,
        method="POST",
        within=20,
        body=body,
    )
    expect("status", reply.status, 200)
    expect("body", reply.body, body)
    expect("complete", reply.complete, True)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
