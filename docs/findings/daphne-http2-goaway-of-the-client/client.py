"""Daphne 4.2.3 (Twisted) answers no stream that was under way at the client's GOAWAY, and leaves the connection open.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, GOAWAY, expect, frame, main

TITLE = (
    "Daphne 4.2.3 (Twisted) answers no stream that was under way at the client's GOAWAY, and leaves the "
    "connection open"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    connection.read(0.3)
    connection.send(frame(GOAWAY, 0, 0, bytes(8)))
    expect("the stream that was under way at GOAWAY with NO_ERROR", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
