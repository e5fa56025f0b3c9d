"""gunicorn 27.0.1 puts the host of :authority behind the other fields of the scope.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 puts the host of :authority behind the other fields of the scope"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("x-a", "b"))
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the names of the scope's headers", reply.json()[:1], ["host"])


if __name__ == "__main__":
    main(reproduction, TITLE)
