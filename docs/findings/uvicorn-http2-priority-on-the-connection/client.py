"""uvicorn 0.54.0 with zttp accepts PRIORITY on the connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import PRIORITY, Connection, frame, main

TITLE = "uvicorn 0.54.0 with zttp accepts PRIORITY on the connection"


def reproduction() -> None:
    connection = Connection()
    connection.send(frame(PRIORITY, 0, 0, b"\0\0\0\0\x10"))
    connection.request(1)
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
