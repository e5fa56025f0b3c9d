"""An application that raises in its startup is served without a lifespan, and receives no shutdown event.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Server, expect, lifespan_calls, need, numbered, request, retry, run

TITLE = "An application that raises in its startup is served without a lifespan, and receives no shutdown event"


def reproduction() -> None:
    server = Server()
    try:
        # start (specs/fastcgi/process.yaml:56)
        server.start(ready=False)

        # app (specs/fastcgi/process.yaml:57)
        def look_at_call() -> None:
            calls = lifespan_calls(wait=0)
            call = numbered(calls)
            need("raised", call.raised, "RuntimeError")
        retry(look_at_call, within=8, every=0.01)

        # eventually (specs/fastcgi/process.yaml:58)
        step_began = time.monotonic()
        steps: dict[str, tuple[float, int]] = {}
        def attempt() -> None:

            # request (specs/fastcgi/process.yaml:58)
            reply = request(
                b"GET /health HTTP/1.1\r\n"
                b"Host: 127.0.0.1:8000\r\n"
                b"\r\n",
                within=5,
            )
            expect("outcome", reply.outcome, "response")
            expect("status", reply.status, 200)
        retry(attempt, within=8.0, every=0.2)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
