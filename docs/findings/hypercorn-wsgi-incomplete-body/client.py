"""A chunked body within-a-chunk is no complete body.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Connection,
    any_of,
    at,
    at_least,
    expect,
    fits,
    need,
    present,
    request,
    response,
    run,
)

TITLE = "A chunked body within-a-chunk is no complete body"


def reproduction() -> None:
    # request (specs/wsgi/input.yaml:274)
    reply = request(
        b"POST /boundary/reads?do=read-5 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Length: 5\r\n"
        b"\r\n"
        b"five!",
        method="POST",
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("json.size", at(reply.json, "size"), 5)

    # tcp (specs/wsgi/input.yaml:275)
    connection = Connection()
    connection.send(
        b"POST /boundary/reads?do=read HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"5\r\n"
        b"five!\r\n"
        b"5\r\n"
        b"fi"
    )
    connection.close_writing()
    reply = response(connection, within=5)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, at_least(400)),
                fits(reply.status, 200) and fits(at(reply.json, "raised"), present()),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
