"""A request with an offer of another protocol is served with its whole body, and so is the next, unknown, length.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, expect, response, run

TITLE = "A request with an offer of another protocol is served with its whole body, and so is the next, unknown, length"


def reproduction() -> None:
    # tcp (specs/http/upgrade.yaml:31)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: upgrade\r\n"
        b"Upgrade: example/1\r\n"
        b"Content-Length: 5\r\n"
        b"\r\n"
        b"hello"
    )
    reply = response(connection, within=3)
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("body", reply.body, b"hello")
    expect("interim", reply.interim, [])
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
