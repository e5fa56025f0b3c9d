"""gunicorn 27.0.1 sends the content of its own 500 in response to HEAD over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 sends the content of its own 500 in response to HEAD over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="HEAD")
    reply = connection.response(1)
    need("status", reply.status, 500)
    expect("the content of a response to HEAD", reply.body, b"")


if __name__ == "__main__":
    main(reproduction, TITLE)
