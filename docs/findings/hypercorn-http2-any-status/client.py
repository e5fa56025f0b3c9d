"""Hypercorn 0.18.0 sends any number as the status over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "Hypercorn 0.18.0 sends any number as the status over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    expect("statuses that are no three-digit numbers", [status for status in reply.statuses if not 100 <= status <= 599], [])


if __name__ == "__main__":
    main(reproduction, TITLE)
