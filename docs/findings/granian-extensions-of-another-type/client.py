"""A request offers no extension of WebSocket.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    absent,
    any_of,
    ended_calls,
    expect,
    keys,
    need,
    none,
    numbered,
    request,
    run,
    starts_with,
)

TITLE = "A request offers no extension of WebSocket"


def reproduction() -> None:
    # request (specs/asgi/scopes.yaml:41)
    reply = request(
        b"GET /health HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)

    # app (specs/asgi/scopes.yaml:42)
    calls = ended_calls(since=reply.began, port=reply.port)
    call = numbered(calls)
    expect("calls", len(calls), 1)
    expect(
        "scope.extensions",
        call.part("extensions"),
        any_of(absent(), None, keys(none(starts_with("websocket.")))),
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
