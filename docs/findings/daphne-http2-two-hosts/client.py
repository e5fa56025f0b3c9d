"""Daphne 4.2.3 puts two hosts into the scope of a request over HTTP/2 that has :authority and an equal Host.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "Daphne 4.2.3 puts two hosts into the scope of a request over HTTP/2 that has :authority and an equal"
    " Host"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("host", "127.0.0.1:8000"))
    expect("the hosts of the scope", connection.response(1).json(), ["127.0.0.1:8000"])


if __name__ == "__main__":
    main(reproduction, TITLE)
