"""Hypercorn 0.18.0 leaves a stream open whose application has ended before the trailers that it has announced.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "Hypercorn 0.18.0 leaves a stream open whose application has ended before the trailers that it has "
    "announced"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("te", "trailers"), path="/returns")
    connection.request(3, ("te", "trailers"), path="/raises")
    found = [connection.outcome(1, 5), connection.outcome(3, 1)]
    expect("the streams, 5 s after their applications have ended", found, ["a reset" if one == "open" else one for one in found])


if __name__ == "__main__":
    main(reproduction, TITLE)
