"""Context variables do not leak from a call to one that begins while it runs, or at its end, pipelined.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Connection,
    any_of,
    at,
    at_least,
    ended_calls,
    expect,
    need,
    numbered,
    response,
    run,
)

TITLE = "Context variables do not leak from a call to one that begins while it runs, or at its end, pipelined"


def reproduction() -> None:
    # tcp (specs/asgi/boundary.yaml:220)
    both_began = time.monotonic()
    connection = Connection()
    both_port = connection.port
    connection.send(
        b"GET /before HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET /after HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection, within=5)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    reply = response(connection, within=5)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, any_of(200, 403))
    connection.close()

    # app (specs/asgi/boundary.yaml:226)
    calls = ended_calls(since=both_began, port=both_port)
    call = numbered(calls, 1)
    need("calls", len(calls), at_least(1))
    need("scope.path", call.part("path"), "/before")
    need("result.seen.value", at(call.results, "seen.value"), None)

    # app (specs/asgi/boundary.yaml:227)
    call_s = ended_calls(since=both_began, port=both_port)
    call_ = numbered(call_s, 2)
    expect("calls", len(call_s), at_least(2))
    expect("scope.path", call_.part("path"), "/after")
    expect("result.seen.value", at(call_.results, "seen.value"), None)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
