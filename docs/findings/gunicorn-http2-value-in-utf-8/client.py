"""gunicorn 27.0.1 passes a value in UTF-8 on as Latin-1 over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 passes a value in UTF-8 on as Latin-1 over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("x-a", "größe".encode()))
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the values of the scope, in hexadecimal", reply.json(), ["größe".encode().hex()])


if __name__ == "__main__":
    main(reproduction, TITLE)
