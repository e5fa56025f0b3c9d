"""An HTTP/1.1 request without Host is refused.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, expect, need, request, response, run

TITLE = "An HTTP/1.1 request without Host is refused"


def reproduction() -> None:
    # request (specs/http/wire.yaml:158)
    reply = request(
        b"GET /headers HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)

    # tcp (specs/http/wire.yaml:159)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"GET /first HTTP/1.1\r\n"
        b"Accept: */*\r\n"
        b"\r\n"
    )
    reply = response(connection)
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 400)
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
