"""An idle WebSocket outlives the keep-alive timeout of the request before it, with the handshake in-the-same-packet.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, Server, cut, expect, need, response, run

TITLE = "An idle WebSocket outlives the keep-alive timeout of the request before it, with the handshake in-the-same-packet"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # tcp (specs/websocket/accept.yaml:344)
        connection = Connection()
        connection.send_slowly(
            cut(
                b"GET /first HTTP/1.1\r\n"
                b"Host: a\r\n"
                b"\r\n"
                b"GET / HTTP/1.1\r\n"
                b"Host: a\r\n"
                b"Upgrade: websocket\r\n"
                b"Connection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"\r\n",
                None,
                (32,),
            ),
            0.0,
        )
        reply = response(connection, within=3)
        expect("outcome", reply.outcome, "response")
        expect("status", reply.status, 200)
        expect("body", reply.body, b"first")
        connection.close()
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
