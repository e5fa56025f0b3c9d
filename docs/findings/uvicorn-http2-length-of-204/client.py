"""uvicorn 0.54.0 with zttp sends a Content-Length with 204 over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp sends a Content-Length with 204 over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    expect("the lengths", connection.response(1).values(b"content-length"), [])


if __name__ == "__main__":
    main(reproduction, TITLE)
