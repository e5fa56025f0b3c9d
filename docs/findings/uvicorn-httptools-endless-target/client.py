"""A request line without an end, target, is refused, and is not kept in memory.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, Flood, Server, Usage, at_most, expect, need, request, run

TITLE = "A request line without an end, target, is refused, and is not kept in memory"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # request (specs/http/request-target.yaml:854)
        reply = request(
            b"GET /health HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"\r\n"
        )
        need("outcome", reply.outcome, "response")
        need("status", reply.status, 200)

        # measure (specs/http/request-target.yaml:855)
        before = Usage(server)

        # tcp (specs/http/request-target.yaml:856)
        raw_began = time.monotonic()
        endless = Connection()
        endless.send(b"GET /")
        flood = Flood(endless, b"a" * 65536, up_to=25165824, blocked_for=2.0)

        # pause (specs/http/request-target.yaml:867)
        time.sleep(0.5)

        # measure (specs/http/request-target.yaml:868)
        usage_before = before
        usage = Usage(server)
        expect("memory.growth", usage.memory - usage_before.memory, at_most(8388608))
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
