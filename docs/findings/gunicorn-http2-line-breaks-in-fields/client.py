"""gunicorn 27.0.1 sends the fields of the application over HTTP/2 without a check, with line breaks and control
characters.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "gunicorn 27.0.1 sends the fields of the application over HTTP/2 without a check, with line breaks "
    "and control characters"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    expect("values with a line break that reach the client", [value for value in reply.values(b"x-a") if b"\n" in value], [])


if __name__ == "__main__":
    main(reproduction, TITLE)
