"""A request that runs when the server is asked to stop is answered.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Server, at_once, expect, mark, need, request, run, wait_for_mark

TITLE = "A request that runs when the server is asked to stop is answered"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # parallel (specs/fastcgi/process.yaml:110)
        step_began = time.monotonic()
        steps: dict[str, tuple[float, int]] = {}
        def client() -> None:

            # request (specs/fastcgi/process.yaml:111)
            slow = request(
                b"GET /slow HTTP/1.1\r\n"
                b"Host: 127.0.0.1:8000\r\n"
                b"\r\n",
                within=9,
            )
            expect("outcome", slow.outcome, "response")
            steps["slow"] = (slow.began, slow.port)
            expect("status", slow.status, 200)
            expect("body", slow.body, b"done")
        def operator() -> None:

            # await (specs/fastcgi/process.yaml:112)
            wait_for_mark("running")

            # signal (specs/fastcgi/process.yaml:112)
            server.signal("TERM")

            # mark (specs/fastcgi/process.yaml:112)
            mark("asked")
        at_once(client, operator)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
