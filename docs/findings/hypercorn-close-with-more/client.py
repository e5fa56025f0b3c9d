"""A request that ends the connection is answered, and one that follows it at once is not, close.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, expect, response, run

TITLE = "A request that ends the connection is answered, and one that follows it at once is not, close"


def reproduction() -> None:
    # tcp (specs/http/field-lists.yaml:126)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"GET /first HTTP/1.1\r\n"
        b"Host: a\r\n"
        b"Connection: close\r\n"
        b"\r\n"
        b"GET /second HTTP/1.1\r\n"
        b"Host: a\r\n"
        b"\r\n"
    )
    reply = response(connection, within=5)
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("body", reply.body, b"ok")
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
