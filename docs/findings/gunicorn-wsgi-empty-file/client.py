"""A file on-disk is sent from its position to its end, empty.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, absent, any_of, expect, fits, need, request, run

TITLE = "A file on-disk is sent from its position to its end, empty"


def reproduction() -> None:
    # request (specs/wsgi/iterables.yaml:300)
    one = Connection()
    reply = request(
        b"GET /boundary/body?as=disk&pieces= HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
        within=5,
    )
    need("status", reply.status, 200)
    need("body", reply.body, b"")
    need("complete", reply.complete, True)

    # request (specs/wsgi/iterables.yaml:301)
    reply = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
        within=5,
    )
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 200) and fits(reply.body, b"OK"),
                fits(reply.outcome, any_of("closed", "reset")) and fits(
                    reply.wire,
                    any_of(absent(), b""),
                ),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
