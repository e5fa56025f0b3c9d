"""Transfer-Encoding identity is refused, and never ignored.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, any_of, expect, need, request, response, run

TITLE = "Transfer-Encoding identity is refused, and never ignored"


def reproduction() -> None:
    # request (specs/http/transfer-encoding.yaml:108)
    reply = request(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"5\r\n"
        b"five!\r\n"
        b"0\r\n"
        b"\r\n",
        method="POST",
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"five!")

    # tcp (specs/http/transfer-encoding.yaml:109)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: identity\r\n"
        b"\r\n"
        b"0\r\n"
        b"\r\n"
        b"GET /smuggled HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection)
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, any_of(400, 501))
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
