"""A body that its Content-Type calls a form reaches the application as it was sent, multipart-without-a-boundary.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, expect, need, request, run

TITLE = "A body that its Content-Type calls a form reaches the application as it was sent, multipart-without-a-boundary"


def reproduction() -> None:
    # request (specs/http/request-bodies.yaml:337)
    one = Connection()
    reply = request(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Length: 4\r\n"
        b"\r\n"
        b"text",
        one,
        method="POST",
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"text")

    # request (specs/http/request-bodies.yaml:338)
    form_ = request(
        b"POST /echo HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Type: multipart/form-data\r\n"
        b"Content-Length: 59\r\n"
        b"\r\n"
        b"--x\r\n"
        b'Content-Disposition: form-data; name="a"\r\n'
        b"\r\n"
        b"1\r\n"
        b"--x--\r\n",
        one,
        method="POST",
    )
    expect("outcome", form_.outcome, "response")
    expect("status", form_.status, 200)
    expect(
        "body",
        form_.body,
        b"--x\r\n"
        b'Content-Disposition: form-data; name="a"\r\n'
        b"\r\n"
        b"1\r\n"
        b"--x--\r\n",
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
