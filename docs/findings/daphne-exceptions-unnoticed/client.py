"""An application that raises is answered as before, after another one has raised within-the-body.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, calls_of, expect, need, numbered, request, retry, run

TITLE = "An application that raises is answered as before, after another one has raised within-the-body"


def reproduction() -> None:
    # request (specs/http/response-errors.yaml:448)
    reply = request(
        b"GET /raises HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        within=5,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 500)

    # tcp (specs/http/response-errors.yaml:449)
    first_began = time.monotonic()
    first_ = Connection()
    first_.send(
        b"GET /within-the-body HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )

    # app (specs/http/response-errors.yaml:457)
    def look_at_call() -> None:
        calls = calls_of(since=first_began, port=first_.port)
        call = numbered(calls)
        need("raised", call.raised, "RuntimeError")
    retry(look_at_call, within=3, every=0.01)

    # request (specs/http/response-errors.yaml:458)
    reply = request(
        b"GET /raises HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        within=5,
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 500)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
