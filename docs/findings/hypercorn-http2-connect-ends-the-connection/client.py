"""Hypercorn 0.18.0 ends a connection of HTTP/2 at a CONNECT.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "Hypercorn 0.18.0 ends a connection of HTTP/2 at a CONNECT"


def reproduction() -> None:
    connection = Connection()
    connection.fields(1, (":method", "CONNECT"), (":authority", "a.example:443"), end=False)
    connection.outcome(1)
    connection.request(3)
    expect("a later request on the connection", connection.outcome(3), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
