"""600 connections that the client ends after their response, by both, leave nothing, though an idle one would be kept for a minute.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Connection,
    Server,
    Usage,
    at_most,
    expect,
    need,
    repeat,
    request,
    response,
    retry,
    run,
    settled,
)

TITLE = "600 connections that the client ends after their response, by both, leave nothing, though an idle one would be kept for a minute"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # repeat (specs/lifecycle/leaks.yaml:136)
        def turn(n: int) -> None:

            # tcp (specs/lifecycle/leaks.yaml:136)
            connection = Connection()
            connection.send((b"GET /health HTTP/1.1\r\n"
b"Host: a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (
                b"a\r\n"
                b"X-Long: \r\n"
                b"\r\n"
            ))
            reply = response(connection, within=8)
            need("outcome", reply.outcome, "response")
            need("status", reply.status, 200)
            connection.close()
            connection.close()
        turn_passed = repeat(turn, 100, 4)

        # measure (specs/lifecycle/leaks.yaml:137)
        settled(server, 9)
        before = Usage(server)

        # repeat (specs/lifecycle/leaks.yaml:138)
        def turn_(n_: int) -> None:

            # tcp (specs/lifecycle/leaks.yaml:138)
            connection = Connection()
            connection.send((b"GET /health HTTP/1.1\r\n"
b"Host: a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (b"a\r\n"
b"X-Long: ") + b"abc" * 1233 + (
                b"a\r\n"
                b"X-Long: \r\n"
                b"\r\n"
            ))
            reply = response(connection, within=8)
            need("outcome", reply.outcome, "response")
            need("status", reply.status, 200)
            connection.close()
            connection.close()
        turn__passed = repeat(turn_, 600, 4)

        # request (specs/lifecycle/leaks.yaml:139)
        reply = request(
            b"GET /health HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"\r\n",
            within=8,
        )
        need("outcome", reply.outcome, "response")
        need("status", reply.status, 200)

        # measure (specs/lifecycle/leaks.yaml:140)
        usage_before = before
        def look_at_usage() -> None:
            usage = Usage(server)
            expect("files.growth", usage.files - usage_before.files, at_most(5))
            expect("memory.growth", usage.memory - usage_before.memory, at_most(8388608))
        retry(look_at_usage, within=9, every=0.02)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
