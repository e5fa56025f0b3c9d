"""The headers of a denial response keep their values, their lines and their order.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, expect, request, run

TITLE = "The headers of a denial response keep their values, their lines and their order"


def reproduction() -> None:
    # websocket (specs/websocket/denial.yaml:119)
    connection = Connection()
    reply = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"\r\n",
        connection,
    )
    expect("status", reply.status, 401)
    expect("headers.set-cookie", reply.values("set-cookie"), ["c=xxxxx", "a=xxxxx", "c=xxxxx"])
    expect(
        "headers.www-authenticate",
        reply.values("www-authenticate"),
        ["Basic", 'Digest a="b, c"'],
    )
    expect("headers.x-mixed", reply.values("x-mixed"), ['MiXeD "q"'])
    expect("body", reply.body, b"")
    expect("complete", reply.complete, True)
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
