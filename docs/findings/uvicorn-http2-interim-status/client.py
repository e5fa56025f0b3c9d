"""uvicorn 0.54.0 with zttp sends an application's interim status over HTTP/2 as the response.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp sends an application's interim status over HTTP/2 as the response"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    found = connection.outcome(1)
    expect("the stream", found, found if found.startswith(("reset", "response 5")) else "a reset, or a status from 500 on")


if __name__ == "__main__":
    main(reproduction, TITLE)
