"""A Transfer-Encoding of the application that is not just chunked is ignored, gzip, and the next response is its own.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, any_of, expect, fits, request, run

TITLE = "A Transfer-Encoding of the application that is not just chunked is ignored, gzip, and the next response is its own"


def reproduction() -> None:
    # request (specs/http/response-fields.yaml:109)
    one = Connection()
    reply = request(
        b"GET /one-event HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        one,
        within=5,
    )
    expect("status", reply.status, 200)
    expect("body", reply.body, b"hello")
    expect("complete", reply.complete, True)
    expect(
        "headers.transfer-encoding",
        reply.values("transfer-encoding"),
        any_of([], ["chunked"], ["CHUNKED"], ["Chunked"]),
    )
    expect(
        "one of the alternatives",
        any(
            [fits(reply.values("transfer-encoding"), []), fits(reply.values("content-length"), [])]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
