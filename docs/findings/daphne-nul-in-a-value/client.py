"""A field value with nul inside is never sent as it is.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import any_of, contains, differs_from, expect, need, request, run

TITLE = "A field value with nul inside is never sent as it is"


def reproduction() -> None:
    # request (specs/http/response-fields.yaml:366)
    reply = request(
        b"GET /good HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("header.x-a", reply.header("x-a"), "1")
    need("body", reply.body, b"good")

    # request (specs/http/response-fields.yaml:367)
    reply = request(
        b"GET /bad HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n"
    )
    expect("outcome", reply.outcome, any_of("response", "closed", "reset"))
    expect("wire", reply.wire, differs_from(contains(b"za\x00b: c\r\n")))


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
