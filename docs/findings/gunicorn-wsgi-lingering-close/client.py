"""Clients that keep their side open after the end of their connections do not delay others, connection-close.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Closed, Connection, any_of, expect, less_than, need, repeat, request, run

TITLE = "Clients that keep their side open after the end of their connections do not delay others, connection-close"


def reproduction() -> None:
    # request (specs/wsgi/serving.yaml:88)
    reply = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        within=5,
    )
    need("outcome", reply.outcome, "response")
    need("status", reply.status, 200)
    need("body", reply.body, b"OK")

    # repeat (specs/wsgi/serving.yaml:89); each client keeps its side open
    kept = []

    def turn(n: int) -> None:

        # tcp (specs/wsgi/serving.yaml:92)
        held = Connection()
        kept.append(held)
        held.send(
            b"GET / HTTP/1.1\r\n"
            b"Host: a\r\n"
            b"Connection: close\r\n"
            b"\r\n"
        )
        end = Closed(held, within=5)
        expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    turn_began = time.monotonic()
    turn_passed = repeat(turn, 3)
    turn_elapsed = time.monotonic() - turn_began
    expect("elapsed", turn_elapsed, less_than(2.5))


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
