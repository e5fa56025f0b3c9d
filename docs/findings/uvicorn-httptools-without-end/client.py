"""A head that never ends is refused or cut off before 4 MiB of it, value.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Connection,
    Flood,
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
    still_open,
)

TITLE = "A head that never ends is refused or cut off before 4 MiB of it, value"


def reproduction() -> None:
    # request (specs/http/field-limits.yaml:174)
    one = Connection()
    reply = request(
        b"GET /health HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
    )
    reply.open = still_open(one, reply)
    need("status", reply.status, 200)
    need("open", reply.open, True)

    # tcp (specs/http/field-limits.yaml:175)
    raw_began = time.monotonic()
    one.send(
        b"GET /first HTTP/1.1\r\n"
        b"Host: a\r\n"
        b"X-A: "
    )
    flood = Flood(one, b"a" * 65536, up_to=4194304, blocked_for=3.0)
    reply = response(one, within=3)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, all_of(at_least(400), less_than(500))),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
