"""An application whose response is passed on waits for a client that does not read, in little memory, and goes on when it reads.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import (
    Server,
    Usage,
    at_most,
    connect,
    expect,
    need,
    retry,
    run,
    settled,
    wait_for_mark,
)

TITLE = "An application whose response is passed on waits for a client that does not read, in little memory, and goes on when it reads"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # measure (specs/fastcgi/large-bodies.yaml:115)
        before = Usage(server)

        # connect (specs/fastcgi/large-bodies.yaml:116)
        slow_began = time.monotonic()
        slow_outcome, slow, slow_error = connect()
        need("outcome", slow_outcome, "connected")

        # tcp (specs/fastcgi/large-bodies.yaml:117)
        asks_began = time.monotonic()
        slow.reads = False
        slow.send(
            b"GET / HTTP/1.1\r\n"
            b"Host: a\r\n"
            b"\r\n"
        )
        wait_for_mark("running")

        # measure (specs/fastcgi/large-bodies.yaml:124)
        settled(server, 10)
        usage_before = before
        def look_at_usage() -> None:
            usage = Usage(server)
            expect("memory.peak.growth", usage.peak - usage_before.memory, at_most(50331648))
        retry(look_at_usage, within=10, every=0.02)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
