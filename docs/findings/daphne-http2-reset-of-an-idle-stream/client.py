"""Daphne 4.2.3 ignores RST_STREAM on an idle stream, as the library h2 does.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, RST_STREAM, expect, frame, main

TITLE = "Daphne 4.2.3 ignores RST_STREAM on an idle stream, as the library h2 does"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", end=False)
    connection.send(frame(RST_STREAM, 0, 9, (8).to_bytes(4)))
    connection.read(3, lambda: connection.over)
    expect("the connection", "ended" if connection.over else "open", "ended")


if __name__ == "__main__":
    main(reproduction, TITLE)
