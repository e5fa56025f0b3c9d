"""uvicorn 0.54.0 with zttp closes a connection after GOAWAY, or when it is idle, although a response waits for a
window of its client.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, GOAWAY, WINDOW_UPDATE, expect, frame, main, need

TITLE = (
    "uvicorn 0.54.0 with zttp closes a connection after GOAWAY, or when it is idle, although a response "
    "waits for a window of its client"
)


def reproduction() -> None:
    connection = Connection(refills=False, shows=False)
    connection.request(1)
    connection.read(0.2)
    connection.send(frame(GOAWAY, 0, 0, bytes(8)))
    connection.read(3, lambda: len(connection.stream(1).body) == 65535)
    need("the content that the window permits", len(connection.stream(1).body), 65535)
    connection.send(frame(WINDOW_UPDATE, 0, 0, (1 << 20).to_bytes(4)) + frame(WINDOW_UPDATE, 0, 1, (1 << 20).to_bytes(4)))
    connection.response(1, 5)
    expect("the content of the response", len(connection.stream(1).body), 100000)


if __name__ == "__main__":
    main(reproduction, TITLE)
