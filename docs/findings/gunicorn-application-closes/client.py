"""The connection is closed after a response to which the application gave the option close, close.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Closed,
    Connection,
    any_of,
    expect,
    matches,
    need,
    request,
    response,
    run,
    some,
    still_open,
)

TITLE = "The connection is closed after a response to which the application gave the option close, close"


def reproduction() -> None:
    # request (specs/http/keep-alive.yaml:319)
    one = Connection()
    reply = request(
        b"GET /stays HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    reply.open = still_open(one, reply)
    need("status", reply.status, 200)
    need("body", reply.body, b"stays")
    need("open", reply.open, True)

    # tcp (specs/http/keep-alive.yaml:320)
    step_began = time.monotonic()
    one.send(
        b"GET /first HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET /never HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(one)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"first")
    need("headers.connection", reply.values("connection"), some(matches("(?i).*close")))
    end = Closed(one, within=3)
    expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    expect("rest", end.rest, b"")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
