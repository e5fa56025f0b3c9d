"""A body shorter than its Content-Length, as function, does not look complete, and is not filled up by the next response.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, any_of, expect, fits, need, request, response, run

TITLE = "A body shorter than its Content-Length, as function, does not look complete, and is not filled up by the next response"


def reproduction() -> None:
    # request (specs/wsgi/iterables.yaml:120)
    reply = request(
        b"GET /boundary/body?as=function&pieces=0123456789&length=10 HTTP/"
        b"1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"0123456789")

    # tcp (specs/wsgi/iterables.yaml:121)
    connection = Connection()
    connection.send(
        b"GET /boundary/body?as=function&pieces=01234&length=10 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection, within=5)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.complete, False),
                fits(reply.status, 500),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
