"""What an application changes in its scope, versions, is not in the scope of a later call.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Connection,
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

TITLE = "What an application changes in its scope, versions, is not in the scope of a later call"


def reproduction() -> None:
    # request (specs/asgi/scopes.yaml:140)
    one = Connection()
    reply = request(
        b"GET /versions HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 201)

    # request (specs/asgi/scopes.yaml:141)
    on_the_same = request(
        b"GET /next HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    need("outcome", on_the_same.outcome, "response")
    need("status", on_the_same.status, 202)

    # request (specs/asgi/scopes.yaml:142)
    on_another = request(
        b"GET /next HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", on_another.outcome, "response")
    need("status", on_another.status, 202)

    # app (specs/asgi/scopes.yaml:143)
    calls = ended_calls(since=on_the_same.began, port=on_the_same.port, until=on_another.began)
    call = numbered(calls)
    expect("scope.asgi.version", call.part("asgi.version"), starts_with("3."))
    expect("scope.asgi.left", call.part("asgi.left"), absent())
    expect("scope.extensions", call.part("extensions"), any_of(absent(), None, keys(none("left"))))


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
