"""gunicorn 27.0.1 does not end a stream over HTTP/2 whose application sends a pseudo-header field.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "gunicorn 27.0.1 does not end a stream over HTTP/2 whose application sends a pseudo-header field"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    found = connection.outcome(1)
    ended = found.startswith(("reset", "response 5"))
    expect("the stream", found, found if ended else "a reset or status 500")


if __name__ == "__main__":
    main(reproduction, TITLE)
