"""Hypercorn 0.18.0 leaves a stream open if close() of a WSGI app's body raises.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "Hypercorn 0.18.0 leaves a stream open if close() of a WSGI app's body raises"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    found = connection.outcome(1)
    expect("the stream", found, found if found != "open" else "response 200, a reset, GOAWAY or a close")


if __name__ == "__main__":
    main(reproduction, TITLE)
