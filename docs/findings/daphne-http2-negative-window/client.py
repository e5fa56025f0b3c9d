"""Daphne 4.2.3 (Twisted) sends nothing more on a connection of HTTP/2 after a setting has made a window negative.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, SETTINGS, WINDOW_UPDATE, expect, frame, main, need

TITLE = (
    "Daphne 4.2.3 (Twisted) sends nothing more on a connection of HTTP/2 after a setting has made a "
    "window negative"
)


def reproduction() -> None:
    connection = Connection(b"\0\4" + (40).to_bytes(4), refills=False)
    connection.request(1)
    connection.read(3, lambda: len(connection.stream(1).body) == 40)
    need("the content that the first window permits", len(connection.stream(1).body), 40)
    connection.send(frame(SETTINGS, 0, 0, b"\0\4" + bytes(4)))
    connection.read(0.5)
    connection.send(frame(WINDOW_UPDATE, 0, 1, (200).to_bytes(4)))
    expect("the stream, after its window is open again", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
