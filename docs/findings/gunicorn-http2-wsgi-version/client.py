"""gunicorn 27.0.1 gives a WSGI app a variable HTTP_VERSION over HTTP/2, which no field has.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 gives a WSGI app a variable HTTP_VERSION over HTTP/2, which no field has"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the variables of the fields", reply.json(), ["HTTP_HOST"])


if __name__ == "__main__":
    main(reproduction, TITLE)
