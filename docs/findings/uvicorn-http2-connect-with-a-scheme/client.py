"""uvicorn 0.54.0 with zttp passes a CONNECT with :scheme and :path to the application.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, main

TITLE = "uvicorn 0.54.0 with zttp passes a CONNECT with :scheme and :path to the application"


def reproduction() -> None:
    connection = Connection()
    connection.fields(1, (":method", "CONNECT"), (":scheme", "http"), (":authority", "a.example:1"), (":path", "/"))
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
