"""A body that raises before its first bytes, after-an-empty-piece, as generator, is an error of the server.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import expect, fits, request, run

TITLE = "A body that raises before its first bytes, after-an-empty-piece, as generator, is an error of the server"


def reproduction() -> None:
    # request (specs/wsgi/iterables.yaml:200)
    reply = request(
        b"GET /boundary/body?as=generator&pieces=,one&raises=1 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        within=5,
    )
    expect(
        "one of the alternatives",
        any([fits(reply.status, 500), fits(reply.complete, False)]),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
