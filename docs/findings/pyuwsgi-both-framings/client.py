"""A request with Content-Length and Transfer-Encoding is refused, or read by its chunks, and ends the connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Connection,
    any_of,
    at,
    at_least,
    ended_calls,
    expect,
    fits,
    need,
    numbered,
    request,
    response,
    run,
)

TITLE = "A request with Content-Length and Transfer-Encoding is refused, or read by its chunks, and ends the connection"


def reproduction() -> None:
    # request (specs/wsgi/framing.yaml:446)
    reply = request(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Length: 5\r\n"
        b"\r\n"
        b"five!",
        method="POST",
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"five!")

    # tcp (specs/wsgi/framing.yaml:447)
    step_began = time.monotonic()
    connection = Connection()
    step_port = connection.port
    connection.send(
        b"POST /boundary/reads?do=read-4 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"\r\n"
        b"5\r\n"
        b"five!\r\n"
        b"0\r\n"
        b"\r\n"
        b"GET /query?n=smuggled HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection, within=5)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, at_least(400)),
                fits(reply.status, 200) and fits(at(reply.json, "pieces"), ["five"]),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    connection.close()

    # the address of the client, as the server reports it
    found = numbered(ended_calls(since=step_began)).part("client.1")
    expect("scope.client.1", found, step_port)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
