"""400 uploads of 64 KiB, with-a-length, cost no memory and no descriptor.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Server,
    Usage,
    any_of,
    at_most,
    expect,
    need,
    repeat,
    request,
    retry,
    run,
    settled,
    text,
)

TITLE = "400 uploads of 64 KiB, with-a-length, cost no memory and no descriptor"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # repeat (specs/lifecycle/leaks.yaml:118)
        def turn(n: int) -> None:

            # request (specs/lifecycle/leaks.yaml:118)
            reply = request(
                (
                    b"POST / HTTP/1.1\r\n"
                    b"Host: 127.0.0.1:8000\r\n"
                    b"Content-Length: 65536\r\n"
                    b"\r\n"
                ) + b"x" * 65536,
                method="POST",
                within=5,
            )
            need("outcome", reply.outcome, "response")
            need("status", reply.status, 200)
        turn_passed = repeat(turn, 100, 4)

        # measure (specs/lifecycle/leaks.yaml:119)
        settled(server, 20)
        before = Usage(server)

        # repeat (specs/lifecycle/leaks.yaml:120)
        def turn_(n_: int) -> None:

            # request (specs/lifecycle/leaks.yaml:120)
            reply = request(
                b"POST /?" + text(n_).encode() + (
                    (
                        b" HTTP/1.1\r\n"
                        b"Host: 127.0.0.1:8000\r\n"
                        b"Content-Length: 65536\r\n"
                        b"\r\n"
                    ) + b"x" * 65536
                ),
                method="POST",
                within=8,
            )
            need("outcome", reply.outcome, any_of("response", "closed", "reset"))
        turn__passed = repeat(turn_, 400, 8)

        # request (specs/lifecycle/leaks.yaml:121)
        reply = request(
            b"POST / HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"Content-Length: 4\r\n"
            b"\r\n"
            b"last",
            method="POST",
            within=5,
        )
        need("outcome", reply.outcome, "response")
        need("status", reply.status, 200)
        need("body", reply.body, b"read")

        # measure (specs/lifecycle/leaks.yaml:122)
        usage_before = before
        def look_at_usage() -> None:
            usage = Usage(server)
            expect("files.growth", usage.files - usage_before.files, at_most(5))
            expect("memory.growth", usage.memory - usage_before.memory, at_most(20971520))
        retry(look_at_usage, within=9, every=0.02)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
