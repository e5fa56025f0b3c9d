"""Hypercorn 0.18.0 ignores trailers inside of a WebSocket over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need, websocket

TITLE = "Hypercorn 0.18.0 ignores trailers inside of a WebSocket over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1)
    one = connection.stream(1)
    connection.read(5, lambda: one.sections)
    need("status", one.status, 200)
    connection.fields(1, ("x-a", "b"))
    connection.read(3, lambda: one.reset is not None or connection.over)
    expect("the stream", "refused" if one.reset is not None or connection.over else "goes on", "refused")


if __name__ == "__main__":
    main(reproduction, TITLE)
