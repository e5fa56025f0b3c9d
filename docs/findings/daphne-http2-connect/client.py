"""Daphne 4.2.3 (Twisted) ends a connection of HTTP/2 with all its streams at a CONNECT, or lets it wait for its
content.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "Daphne 4.2.3 (Twisted) ends a connection of HTTP/2 with all its streams at a CONNECT, or lets it "
    "wait for its content"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", end=False)
    connection.fields(3, (":method", "CONNECT"), (":authority", "a.example:443"))
    connection.read(1)
    connection.data(1, b"hello", end=True)
    expect("a request that was under way at a CONNECT", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
