"""A response without a length to an HTTP/1.0 client that asks to keep its connection is the last of it.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, all_of, ends_with, expect, need, request, run, starts_with

TITLE = "A response without a length to an HTTP/1.0 client that asks to keep its connection is the last of it"


def reproduction() -> None:
    # request (specs/http/response-bodies.yaml:298)
    reply = request(
        b"GET /first HTTP/1.0\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: keep-alive\r\n"
        b"\r\n"
    )
    need("status", reply.status, 200)
    need("body", reply.body, b"first")
    need("complete", reply.complete, True)

    # tcp (specs/http/response-bodies.yaml:299)
    connection = Connection()
    connection.send(
        b"GET /second HTTP/1.0\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Connection: keep-alive\r\n"
        b"\r\n"
    )
    data = connection.read(until=b"ond", within=3)
    expect("bytes", data, ends_with(b"ond"))
    expect(
        "bytes",
        data,
        all_of(
            starts_with(b"HTTP/1."),
            ends_with(
                b"\r\n"
                b"\r\n"
                b"second"
            ),
        ),
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
