"""White space around a header's value is not part of it.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, ended_calls, expect, need, numbered, response, run

TITLE = "White space around a header's value is not part of it"


def reproduction() -> None:
    # tcp (specs/http/scope.yaml:63)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"GET /scope HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"X-Ws: \t v \t w \t\r\n"
        b"X-Empty:\r\n"
        b"\r\n"
    )
    reply = response(connection)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    connection.close()

    # app (specs/http/scope.yaml:72)
    calls = ended_calls(since=raw_began, port=raw_port)
    call = numbered(calls)
    expect("scope.header.x-ws", call.part("header.x-ws"), b"v \t w")
    expect("scope.header.x-empty", call.part("header.x-empty"), b"")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
