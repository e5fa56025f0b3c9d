"""The 500 of an application that returns in answer to HEAD ends with its head.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, any_of, expect, fits, need, request, response, run

TITLE = "The 500 of an application that returns in answer to HEAD ends with its head"


def reproduction() -> None:
    # request (specs/http/response-errors.yaml:406)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"good")

    # tcp (specs/http/response-errors.yaml:407)
    connection = Connection()
    connection.send(
        b"HEAD /return HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    reply = response(connection, method="HEAD", within=3)
    need(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 500) and fits(reply.complete, True),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    reply = response(connection, within=3)
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 200) and fits(reply.body, b"good"),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
