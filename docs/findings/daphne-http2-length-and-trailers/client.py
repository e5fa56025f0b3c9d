"""Daphne 4.2.3 does not compare content with its Content-Length if the request ends with trailers, as the library h2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = (
    "Daphne 4.2.3 does not compare content with its Content-Length if the request ends with trailers, as "
    "the library h2"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("content-length", "6"), method="POST", end=False)
    connection.data(1, b"hello")
    connection.fields(1, ("x-check", "a"))
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
