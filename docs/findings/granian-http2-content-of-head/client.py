"""granian 2.8.7 sends the content of a response to HEAD over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "granian 2.8.7 sends the content of a response to HEAD over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="HEAD")
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the content of a response to HEAD", reply.body, b"")


if __name__ == "__main__":
    main(reproduction, TITLE)
