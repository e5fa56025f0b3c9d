"""gunicorn 27.0.1 sends a header value over HTTP/2 as the UTF-8 of its Latin-1 characters.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 sends a header value over HTTP/2 as the UTF-8 of its Latin-1 characters"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the value that the application sent", reply.values(b"x-a"), [b"\xe9\xff"])


if __name__ == "__main__":
    main(reproduction, TITLE)
