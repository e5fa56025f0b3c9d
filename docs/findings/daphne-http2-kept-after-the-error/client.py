"""Daphne 4.2.3 (Twisted) keeps what a client sends after an error of the connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import CONTINUATION, Connection, END_STREAM, GOAWAY, HEADERS, expect, frame, main, section

TITLE = "Daphne 4.2.3 (Twisted) keeps what a client sends after an error of the connection"


def reproduction() -> None:
    connection, other = Connection(shows=False), Connection()
    other.request(1)
    before = int(other.response(1).body)
    connection.send(frame(HEADERS, END_STREAM, 1, section((":method", "GET"), (":scheme", "https"), (":path", "/"))))
    connection.send(frame(CONTINUATION, 0, 1, section(("a", "b")) * 3200) * 2048)
    connection.read(5, lambda: connection.goaway)
    print(f"   GOAWAY: {connection.goaway}, closed: {connection.closed or 'no'}")
    for number in (3, 5, 7):
        other.request(number)
        growth = (int(other.response(number).body) - before) // 1024
        print(f"   the memory of the server has grown by {growth} MiB")
        other.read(2)
    expect("memory that grows by less than 20 MiB for a section of 32 MiB without an end", growth < 20, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
