"""granian 2.8.7 accepts trailers with pseudo-header fields.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = "granian 2.8.7 accepts trailers with pseudo-header fields"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", end=False)
    connection.data(1, b"hello")
    connection.fields(1, (":path", "/admin"))
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
