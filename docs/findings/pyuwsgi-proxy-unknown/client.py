"""Where UNKNOWN is accepted, the client is that of the connection, whatever stands behind it, addresses.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import any_of, at, at_least, connect, expect, fits, need, request, run

TITLE = "Where UNKNOWN is accepted, the client is that of the connection, whatever stands behind it, addresses"


def reproduction() -> None:
    # connect (specs/operation/proxy-wsgi.yaml:50)
    named_outcome, named, named_error = connect()
    need("outcome", named_outcome, "connected")
    if named is not None:
        named.send(b"PROXY TCP4 192.0.2.9 198.51.100.7 56324 443\r\n")

    # request (specs/operation/proxy-wsgi.yaml:51)
    reply = request(
        b"GET /environ HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        named,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("json.REMOTE_ADDR", at(reply.json, "REMOTE_ADDR"), "192.0.2.9")

    # connect (specs/operation/proxy-wsgi.yaml:52)
    proxied_outcome, proxied, proxied_error = connect()
    need("outcome", proxied_outcome, "connected")
    if proxied is not None:
        proxied.send(b"PROXY UNKNOWN 192.0.2.1 198.51.100.7 56324 443\r\n")

    # request (specs/operation/proxy-wsgi.yaml:53)
    reply = request(
        b"GET /environ HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        proxied,
        within=5,
    )
    expect(
        "one of the alternatives",
        any(
            [
                fits(at(reply.json, "REMOTE_ADDR"), "127.0.0.1"),
                fits(reply.status, at_least(400)),
                fits(reply.outcome, any_of("closed", "reset")),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
