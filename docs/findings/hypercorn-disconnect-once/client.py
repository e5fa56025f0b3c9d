"""receive() returns http.disconnect once the response is complete, each time, whether the connection closes.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, at, calls_of, expect, need, numbered, request, retry, run

TITLE = "receive() returns http.disconnect once the response is complete, each time, whether the connection closes"


def reproduction() -> None:
    # request (specs/http/disconnects.yaml:122)
    reply = request(
        b"GET /health HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"OK")

    # request (specs/http/disconnects.yaml:123)
    one = Connection()
    first_ = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: close\r\n"
        b"\r\n",
        one,
    )
    need("outcome", first_.outcome, "response")
    need("status", first_.status, 200)
    need("body", first_.body, b"ok")

    # app (specs/http/disconnects.yaml:129)
    def look_at_call() -> None:
        calls = calls_of(since=first_.began, port=first_.port)
        call = numbered(calls)
        expect("result.one.event.type", at(call.results, "one.event.type"), "http.disconnect")
        expect("result.two.event.type", at(call.results, "two.event.type"), "http.disconnect")
    retry(look_at_call, within=5, every=0.01)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
