"""An HTTP/1.0 client gets a body that ends with the connection, and no chunks.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import expect, request, run

TITLE = "An HTTP/1.0 client gets a body that ends with the connection, and no chunks"


def reproduction() -> None:
    # request (specs/http/streaming.yaml:75)
    reply = request(
        b"GET / HTTP/1.0\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("headers.transfer-encoding", reply.values("transfer-encoding"), [])
    expect("framing", reply.framing, "until-close")
    expect("body", reply.body, b"onetwo")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
