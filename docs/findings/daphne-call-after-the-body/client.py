"""Each piece of a body that is passed on reaches the application before the client sends the next, length.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, calls_of, expect, numbered, retry, run

TITLE = "Each piece of a body that is passed on reaches the application before the client sends the next, length"


def reproduction() -> None:
    # tcp (specs/fastcgi/large-bodies.yaml:62)
    step_began = time.monotonic()
    slow = Connection()
    slow.send(
        b"POST / HTTP/1.1\r\n"
        b"Host: a\r\n"
        b"Content-Length: 15\r\n"
        b"\r\n"
        b"first"
    )

    # app (specs/fastcgi/large-bodies.yaml:65)
    def look_at_call() -> None:
        calls = calls_of(since=step_began)
        call = numbered(calls)
        expect("calls", len(calls), 1)
        expect("received.body", call.body(call.received), b"first")
    retry(look_at_call, within=5, every=0.01)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
