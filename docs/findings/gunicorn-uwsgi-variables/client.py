"""Host is as the client sent it, and SERVER_PORT is the port of the connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import at, expect, need, present, request, run, text

TITLE = "Host is as the client sent it, and SERVER_PORT is the port of the connection"


def reproduction() -> None:
    # request (specs/fastcgi/environ.yaml:59)
    reply = request(
        b"GET /environ HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("json.HTTP_HOST", at(reply.json, "HTTP_HOST"), "127.0.0.1:8000")
    port = at(reply.json, "SERVER_PORT")
    need("port (captured)", port, present())

    # request (specs/fastcgi/environ.yaml:61)
    reply = request((b"GET /environ HTTP/1.1\r\n"
b"Host: 127.0.0.1:") + text(port).encode() + (
        b"\r\n"
        b"\r\n"
    ))
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("json.HTTP_HOST", at(reply.json, "HTTP_HOST"), "127.0.0.1:8000")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
