"""Hypercorn 0.18.0 buffers messages of a WebSocket over HTTP/2 without a limit, and send() does not wait.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need, websocket

TITLE = "Hypercorn 0.18.0 buffers messages of a WebSocket over HTTP/2 without a limit, and send() does not wait"


def reproduction() -> None:
    slow = Connection(refills=False)
    websocket(slow, 1)
    slow.read(1.5)
    need("status", slow.stream(1).status, 200)
    other = Connection()
    other.request(1)
    sent = other.response(1).json()
    expect(f"fewer than 300 of 400 messages of 64 KiB accepted by send() (it was {sent})", sent < 300, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
