"""Trailer fields are read, and never become header fields, body or the next request, one.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Closed,
    Connection,
    all_of,
    any_of,
    at,
    at_least,
    at_most,
    calls_of,
    ended_calls,
    expect,
    first,
    length,
    need,
    none,
    numbered,
    response,
    retry,
    run,
)

TITLE = "Trailer fields are read, and never become header fields, body or the next request, one"


def reproduction() -> None:
    # tcp (specs/http/trailers.yaml:38)
    raw_began = time.monotonic()
    connection = Connection()
    raw_port = connection.port
    connection.send(
        b"POST /one HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"X-A: a\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"5\r\n"
        b"hello\r\n"
        b"0\r\n"
        b"X-T: 1\r\n"
        b"\r\n"
        b"GET /health HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )
    reply = response(connection, within=3)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"ok")
    reply = response(connection, within=3)
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"OK")
    end = Closed(connection, within=3)
    need("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    need("rest", end.rest, b"")
    connection.close()

    # app (specs/http/trailers.yaml:55)
    calls = ended_calls(since=raw_began, port=raw_port)
    need("calls", len(calls), 2)
    need("paths", [one.path for one in calls], ["/one", "/health"])

    # app (specs/http/trailers.yaml:56)
    def look_at_call_() -> None:
        call_s = calls_of(since=raw_began, port=raw_port)
        call_ = numbered(call_s, 1)
        expect("calls", len(call_s), at_least(1))
        expect("received.body", call_.body(call_.received), b"hello")
        expect("received.last.more_body", at(call_.received, "last.more_body"), False)
        expect(
            "result.after.value",
            at(call_.results, "after.value"),
            all_of(length(at_most(3)), none(first(any_of(b"x-t", b"x-u", b"digest", b"a")))),
        )
    retry(look_at_call_, within=2, every=0.01)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
