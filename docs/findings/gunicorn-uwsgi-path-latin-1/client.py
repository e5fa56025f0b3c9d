"""The path is decoded once, and as UTF-8, space-and-accent.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import ended_calls, expect, need, numbered, request, run

TITLE = "The path is decoded once, and as UTF-8, space-and-accent"


def reproduction() -> None:
    # request (specs/http/scope.yaml:28)
    reply = request(
        b"GET /scope/a%20b%C3%A9 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")

    # app (specs/http/scope.yaml:29)
    calls = ended_calls(since=reply.began)
    call = numbered(calls)
    expect("scope.path", call.part("path"), "/scope/a bé")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
