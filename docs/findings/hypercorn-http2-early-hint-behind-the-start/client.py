"""Hypercorn 0.18.0 takes no early hint behind http.response.start.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "Hypercorn 0.18.0 takes no early hint behind http.response.start"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    expect("the statuses, and the content", (reply.statuses, reply.body), ([103, 200], b"OK"))


if __name__ == "__main__":
    main(reproduction, TITLE)
