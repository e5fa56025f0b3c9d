"""gunicorn 27.0.1 does not decode the path of the scope over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 does not decode the path of the scope over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, path="/e%CC%81")
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the path of the scope", reply.body.decode(), "/e\u0301")


if __name__ == "__main__":
    main(reproduction, TITLE)
