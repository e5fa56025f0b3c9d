"""uvicorn 0.54.0 with zttp sends two different Content-Lengths over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp sends two different Content-Lengths over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    lengths = connection.response(1).values(b"content-length")
    expect("the lengths", lengths, lengths[:1])


if __name__ == "__main__":
    main(reproduction, TITLE)
