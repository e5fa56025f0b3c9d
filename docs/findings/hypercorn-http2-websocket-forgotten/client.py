"""Hypercorn 0.18.0 forgets a WebSocket that it has ended, and frames that come for it then end the whole HTTP/2
connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import time

from support import Connection, expect, frame, main, need, websocket

TITLE = (
    "Hypercorn 0.18.0 forgets a WebSocket that it has ended, and frames that come for it then end the "
    "whole HTTP/2 connection"
)


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1)
    one = connection.stream(1)
    connection.read(5, lambda: one.body)
    need("status", one.status, 200)
    connection.request(3, method="POST", end=False)
    time.sleep(0.2)
    # The client answers by its own close frame, as RFC 6455 asks.
    connection.data(1, b"\x88\x82\0\0\0\0\x03\xe8", end=True)
    connection.data(3, b"hello", end=True)
    expect("a request on another stream", connection.outcome(3), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
