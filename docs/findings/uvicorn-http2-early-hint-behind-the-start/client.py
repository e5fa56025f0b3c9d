"""uvicorn 0.54.0 with zttp takes no early hint behind http.response.start.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp takes no early hint behind http.response.start"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    expect("the stream", connection.outcome(1), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
