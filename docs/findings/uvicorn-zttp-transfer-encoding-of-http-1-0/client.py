"""After an HTTP/1.0 request with Transfer-Encoding the connection closes, keep-alive.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Closed, Connection, any_of, expect, need, request, response, run

TITLE = "After an HTTP/1.0 request with Transfer-Encoding the connection closes, keep-alive"


def reproduction() -> None:
    # request (specs/http/transfer-encoding.yaml:366)
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

    # tcp (specs/http/transfer-encoding.yaml:367)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"POST /echo HTTP/1.0\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"Connection: keep-alive\r\n"
        b"\r\n"
        b"5\r\n"
        b"hello\r\n"
        b"0\r\n"
        b"\r\n"
        b"GET /smuggled HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, any_of(200, 400, 501))
    end = Closed(connection, within=3)
    expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
