"""Daphne 4.2.3 (Twisted) uses a whole processor while the window of a client is full.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "Daphne 4.2.3 (Twisted) uses a whole processor while the window of a client is full"


def reproduction() -> None:
    connection, other = Connection(refills=False), Connection()
    connection.request(1)
    connection.read(3, lambda: len(connection.stream(1).body) == 65535)
    need("the content that the window permits", len(connection.stream(1).body), 65535)
    other.request(1, path="/used")
    before = float(other.response(1).body)
    other.read(3)
    other.request(3, path="/used")
    used = float(other.response(3).body) - before
    print(f"   processor time in 3 s: {used:.2f} s")
    expect("less than 1 s of processor time in 3 s", used < 1, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
