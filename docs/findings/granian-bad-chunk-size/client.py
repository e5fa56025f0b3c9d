"""A chunk size of hex-prefix ends the connection, and the following bytes are never taken as a request.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Closed,
    Connection,
    any_of,
    differs_from,
    expect,
    need,
    request,
    run,
    starts_with,
)

TITLE = "A chunk size of hex-prefix ends the connection, and the following bytes are never taken as a request"


def reproduction() -> None:
    # request (specs/http/wire.yaml:114)
    reply = request(
        b"POST /right HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"1\r\n"
        b"x\r\n"
        b"0\r\n"
        b"\r\n",
        method="POST",
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"ok")

    # tcp (specs/http/wire.yaml:115)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"POST /first HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"0x1\r\n"
        b"x\r\n"
        b"0\r\n"
        b"\r\n"
        b"GET /smuggled HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    end = Closed(connection, within=5)
    expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    expect("rest", end.rest, differs_from(starts_with(b"HTTP/1.1 200")))
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
