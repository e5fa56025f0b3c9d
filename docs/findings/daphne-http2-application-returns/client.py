"""Daphne 4.2.3 leaves a stream open whose application has returned before the end of its response.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "Daphne 4.2.3 leaves a stream open whose application has returned before the end of its response"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    found = connection.outcome(1, 5)
    expect("the stream, 5 s after the application has ended", found, "a reset" if found == "open" else found)


if __name__ == "__main__":
    main(reproduction, TITLE)
