"""Hypercorn 0.18.0 answers Sec-WebSocket-Key over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need, websocket

TITLE = "Hypercorn 0.18.0 answers Sec-WebSocket-Key over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1, "/", ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
    one = connection.stream(1)
    connection.read(5, lambda: one.sections)
    need("status", one.status, 200)
    expect("Sec-WebSocket-Accept", one.values(b"sec-websocket-accept"), [])


if __name__ == "__main__":
    main(reproduction, TITLE)
