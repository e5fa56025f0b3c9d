"""A body shorter than its Content-Length is never completed with the next response.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, contains, differs_from, expect, fits, need, request, response, run

TITLE = "A body shorter than its Content-Length is never completed with the next response"


def reproduction() -> None:
    # request (specs/http/wire.yaml:360)
    reply = request(
        b"GET /two HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("status", reply.status, 200)
    need("body", reply.body, b"two")
    need("complete", reply.complete, True)

    # tcp (specs/http/wire.yaml:361)
    connection = Connection()
    connection.send(
        b"GET /one HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET /two HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )
    reply = response(connection)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.complete, False) and fits(
                    reply.body,
                    differs_from(contains(b"HTTP/1.1")),
                ),
                fits(reply.complete, True) and fits(reply.status, 500),
            ]
        ),
        True,
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
