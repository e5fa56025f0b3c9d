"""A subprotocol that is not ASCII is refused or passed over, and never met with silence, latin-1.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, at_least, expect, fits, need, request, response, run

TITLE = "A subprotocol that is not ASCII is refused or passed over, and never met with silence, latin-1"


def reproduction() -> None:
    # websocket (specs/websocket/subprotocols.yaml:178)
    connection = Connection()
    reply = request(
        b"GET /ws/echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"\r\n",
        connection,
    )
    need("outcome", reply.outcome, "response")
    need("opened", (reply.status == 101), True)
    connection.close()

    # tcp (specs/websocket/subprotocols.yaml:179)
    connection = Connection()
    connection.send(
        b"GET /ws/echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: ch\xe4t\r\n"
        b"\r\n"
    )
    reply = response(connection, within=3)
    expect("outcome", reply.outcome, "response")
    expect(
        "one of the alternatives",
        any(
            [
                fits(reply.status, 101) and fits(reply.values("sec-websocket-protocol"), []),
                fits(reply.status, at_least(400)),
            ]
        ),
        True,
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
