"""Hypercorn 0.18.0 takes CONNECT with any :protocol for a WebSocket.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, websocket

TITLE = "Hypercorn 0.18.0 takes CONNECT with any :protocol for a WebSocket"


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1, protocol="connect-udp")
    one = connection.stream(1)
    connection.read(5, lambda: one.sections or one.reset is not None or connection.over)
    expect("a status of success for CONNECT with :protocol connect-udp", one.status == 200, False)


if __name__ == "__main__":
    main(reproduction, TITLE)
