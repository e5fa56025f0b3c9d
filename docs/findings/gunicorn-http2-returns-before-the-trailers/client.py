"""gunicorn 27.0.1 ends a response over HTTP/2 as if it were complete, whose application has returned before the
trailers that it announced.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "gunicorn 27.0.1 ends a response over HTTP/2 as if it were complete, whose application has returned "
    "before the trailers that it announced"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("te", "trailers"))
    found = connection.outcome(1)
    expect("the stream of a response without its trailers", found, found if found.startswith("reset") else "a reset")


if __name__ == "__main__":
    main(reproduction, TITLE)
