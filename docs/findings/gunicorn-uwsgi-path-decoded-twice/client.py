"""PATH_INFO is decoded once, percent.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import ended_calls, expect, need, numbered, request, run

TITLE = "PATH_INFO is decoded once, percent"


def reproduction() -> None:
    # request (specs/fastcgi/environ.yaml:20)
    reply = request(
        b"GET /environ/a%2520b HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)

    # app (specs/fastcgi/environ.yaml:21)
    calls = ended_calls(since=reply.began)
    call = numbered(calls)
    expect("scope.PATH_INFO", call.part("PATH_INFO"), "/environ/a%20b")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
