"""A body shorter than its Content-Length, one-event, is never complete, and the connection ends.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Closed, Connection, any_of, expect, fits, need, request, response, run

TITLE = "A body shorter than its Content-Length, one-event, is never complete, and the connection ends"


def reproduction() -> None:
    # request (specs/http/response-errors.yaml:505)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"good")

    # tcp (specs/http/response-errors.yaml:506)
    connection = Connection()
    connection.send(
        b"GET /faulty HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection, within=3)
    need(
        "one of the alternatives",
        any(
            [
                fits(reply.complete, False),
                fits(reply.status, 500) and fits(reply.complete, True),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    end = Closed(connection, within=3)
    expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    expect("rest", end.rest, b"")
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
