"""Daphne 4.2.3 accepts another frame than SETTINGS as the first one of a client, as the library h2 does.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, PING, PREFACE, expect, frame, main

TITLE = (
    "Daphne 4.2.3 accepts another frame than SETTINGS as the first one of a client, as the library h2 "
    "does"
)


def reproduction() -> None:
    connection = Connection(starts=False)
    connection.send(PREFACE)
    connection.send(frame(PING, 0, 0, b"12345678"))
    connection.read(3, lambda: connection.over)
    expect("the connection", "ended" if connection.over else "open", "ended")


if __name__ == "__main__":
    main(reproduction, TITLE)
