"""granian 2.8.7 accepts values with white space at their ends over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = "granian 2.8.7 accepts values with white space at their ends over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("x-a", " a"))
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
