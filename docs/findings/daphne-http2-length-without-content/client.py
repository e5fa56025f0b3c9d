"""Daphne 4.2.3 accepts a request over HTTP/2 with a Content-Length and without content.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = "Daphne 4.2.3 accepts a request over HTTP/2 with a Content-Length and without content"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("content-length", "5"), method="POST")
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
