"""gunicorn 27.0.1 sends trailers over HTTP/2 to a client that does not accept them.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 sends trailers over HTTP/2 to a client that does not accept them"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    need("content", reply.body, b"ab")
    expect("trailers for a request without TE: trailers", reply.values(b"x-sum"), [])


if __name__ == "__main__":
    main(reproduction, TITLE)
