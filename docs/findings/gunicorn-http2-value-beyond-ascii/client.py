"""gunicorn 27.0.1 ends the HTTP/2 connection at a field value that is not UTF-8.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "gunicorn 27.0.1 ends the HTTP/2 connection at a field value that is not UTF-8"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("x-a", b"gr\xfc\xdfe"))
    expect("a request with a value in Latin-1", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
