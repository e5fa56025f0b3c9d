"""Daphne 4.2.3 takes the reserved bit of a WINDOW_UPDATE for a part of the increment, as the library hyperframe does.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, WINDOW_UPDATE, expect, frame, main

TITLE = (
    "Daphne 4.2.3 takes the reserved bit of a WINDOW_UPDATE for a part of the increment, as the library "
    "hyperframe does"
)


def reproduction() -> None:
    connection = Connection()
    connection.send(frame(WINDOW_UPDATE, 0, 0, (1 << 31 | 1).to_bytes(4)))
    connection.request(1)
    expect("a request behind a WINDOW_UPDATE of 1 with the reserved bit", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
