"""granian 2.8.7 passes a CONNECT without an authority to the application.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "granian 2.8.7 passes a CONNECT without an authority to the application"


def reproduction() -> None:
    connection = Connection()
    connection.fields(1, (":method", "CONNECT"), end=False)
    connection.outcome(1)
    other = Connection()
    other.request(1)
    expect("the methods of the requests that the application saw", other.response(1).json(), ["GET"])


if __name__ == "__main__":
    main(reproduction, TITLE)
