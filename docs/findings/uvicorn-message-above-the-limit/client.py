"""A WebSocket message of-one-byte-more above the configured limit ends the connection, and does not arrive.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Connection,
    OPCODES,
    WebSocket,
    WebSocketClosed,
    any_of,
    calls_of,
    expect,
    frame,
    handshake_faults,
    need,
    numbered,
    request,
    retry,
    run,
)

TITLE = "A WebSocket message of-one-byte-more above the configured limit ends the connection, and does not arrive"


def reproduction() -> None:
    # websocket (specs/operation/options.yaml:98)
    connection = Connection()
    large = request(
        b"GET /ws/echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"\r\n",
        connection,
    )
    need("outcome", large.outcome, "response")
    need("status", large.status, 101)
    need("faults of the handshake", handshake_faults(large, "dGhlIHNhbXBsZSBub25jZQ==", [], []), [])
    websocket = WebSocket(connection, large)
    websocket.send("text", b"short")
    message = websocket.receive(within=3)
    need("outcome", message.outcome, "message")
    need("text", message.text, "short")
    websocket.send_frames(frame(OPCODES["text"], b"x" * 65537), b"x" * 65537)
    end = WebSocketClosed(websocket, within=5)
    need("connection still open", end.open, False)
    need("how", end.how, any_of("close", "fin", "reset"))
    connection.close()

    # app (specs/operation/options.yaml:106)
    def look_at_call() -> None:
        calls = calls_of(since=large.began, port=large.port)
        call = numbered(calls)
        expect(
            "received.types",
            [one["type"] for one in call.received],
            ["websocket.connect", "websocket.receive", "websocket.disconnect"],
        )
    retry(look_at_call, within=3, every=0.01)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
