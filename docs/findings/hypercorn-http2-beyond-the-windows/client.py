"""Hypercorn 0.18.0 does not notice content beyond its windows while the application does not read, since it reads
nothing then.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, GOAWAY, expect, main, need

TITLE = (
    "Hypercorn 0.18.0 does not notice content beyond its windows while the application does not read, "
    "since it reads nothing then"
)


def reproduction() -> None:
    connection = Connection(shows=False)
    connection.ping()
    connection.request(1, method="POST", end=False)
    connection.read(0.5)
    for _ in range(12):
        connection.data(1, bytes(16384))
        connection.read(0.2)
    need("the connection, behind twelve frames within its windows", connection.closed or "open", "open")
    for _ in range(64):
        connection.data(1, bytes(16384))
    connection.read(3)
    print(f"   1 MiB more was sent, {-connection.room[1]} bytes beyond the window of the stream")
    need("content beyond the window", connection.room[1] < 0, True)
    found = connection.outcome(1, 5)
    expect("the stream, 5 s after content beyond its window", found, "a reset, GOAWAY or a close" if found == "open" else found)


if __name__ == "__main__":
    main(reproduction, TITLE)
