"""Daphne 4.2.3 accepts a method over HTTP/2 that is no token.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = "Daphne 4.2.3 accepts a method over HTTP/2 that is no token"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="GET /admin")
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
