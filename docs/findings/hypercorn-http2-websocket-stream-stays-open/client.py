"""Hypercorn 0.18.0 does not end the stream of a WebSocket over HTTP/2 after its close.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need, websocket

TITLE = "Hypercorn 0.18.0 does not end the stream of a WebSocket over HTTP/2 after its close"


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1)
    one = connection.stream(1)
    connection.read(5, lambda: one.sections)
    need("status", one.status, 200)
    connection.data(1, b"\x88\x82\0\0\0\0\x03\xe8", end=True)
    connection.read(5, lambda: one.body)
    need("the close frame of the server", one.body, b"\x88\x02\x03\xe8")
    connection.response(1, 5)
    expect("the stream, 5 s after both sides have sent their close frames, and the client END_STREAM", "ended" if one.ended or one.reset is not None else "open", "ended")


if __name__ == "__main__":
    main(reproduction, TITLE)
