"""Hypercorn 0.18.0 reads nothing more from an HTTP/2 connection while the application of a WebSocket does not
receive.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need, websocket

TITLE = (
    "Hypercorn 0.18.0 reads nothing more from an HTTP/2 connection while the application of a WebSocket "
    "does not receive"
)


def reproduction() -> None:
    connection = Connection()
    websocket(connection, 1)
    one = connection.stream(1)
    connection.read(5, lambda: one.sections)
    need("status", one.status, 200)
    sent = connection.upload(1, (b"\x82\xfe\x10\0\0\0\0\0" + b"x" * 4096) * 2000, 2, end=False)
    print(f"{sent} bytes of messages were sent within the windows of the server")
    connection.request(3)
    expect("a request on another stream, within 5 s", connection.outcome(3), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
