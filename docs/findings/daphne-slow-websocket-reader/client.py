"""send() waits for a client that does not read, and everything arrives once it reads.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Server,
    Usage,
    WebSocket,
    absent,
    at,
    connect,
    ended_calls,
    expect,
    handshake_faults,
    mark,
    need,
    numbered,
    request,
    run,
)

TITLE = "send() waits for a client that does not read, and everything arrives once it reads"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # request (specs/websocket/backpressure.yaml:22)
        reply = request(
            b"GET /health HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"\r\n"
        )
        need("outcome", reply.outcome, "response")
        need("status", reply.status, 200)

        # measure (specs/websocket/backpressure.yaml:23)
        before = Usage(server)

        # connect (specs/websocket/backpressure.yaml:24)
        slow_began = time.monotonic()
        slow_outcome, slow, slow_error = connect(receive_buffer=1048576)
        need("outcome", slow_outcome, "connected")

        # websocket (specs/websocket/backpressure.yaml:25)
        talk = request(
            b"GET / HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            b"\r\n",
            slow,
        )
        need("outcome", talk.outcome, "response")
        need("status", talk.status, 101)
        need(
            "faults of the handshake",
            handshake_faults(talk, "dGhlIHNhbXBsZSBub25jZQ==", [], []),
            [],
        )
        need("opened", (talk.status == 101), True)
        slow_websocket = WebSocket(slow, talk)
        slow.reads = False
        mark("deaf")
        slow.pause(0.6)

        # app (specs/websocket/backpressure.yaml:26)
        calls = ended_calls(since=talk.began, port=talk.port)
        call = numbered(calls)
        expect("calls", len(calls), 1)
        expect("result.sends.count", at(call.results, "sends.count"), absent())
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
