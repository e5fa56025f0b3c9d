"""A request by GET for an authority, port, is refused.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Connection,
    all_of,
    any_of,
    at_least,
    expect,
    fits,
    less_than,
    need,
    request,
    response,
    run,
)

TITLE = "A request by GET for an authority, port, is refused"


def reproduction() -> None:
    # request (specs/http/request-target.yaml:543)
    kept = Connection()
    reply = request(
        b"GET /right HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        kept,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"ok")

    # tcp (specs/http/request-target.yaml:544)
    raw_began = time.monotonic()
    kept.send(
        b"GET a.example:80 HTTP/1.1\r\n"
        b"Host: a.example:80\r\n"
        b"\r\n"
    )
    reply = response(kept)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, any_of(501, all_of(at_least(400), less_than(500)))),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
