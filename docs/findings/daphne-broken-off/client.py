"""A truncated body does not look complete.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import (
    Connection,
    differs_from,
    ended_calls,
    ends_with,
    expect,
    numbered,
    request,
    run,
    still_open,
)

TITLE = "A truncated body does not look complete"


def reproduction() -> None:
    # request (specs/http/streaming.yaml:63)
    connection = Connection()
    reply = request(
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"\r\n",
        connection,
    )
    reply.open = still_open(connection, reply)
    expect("complete", reply.complete, False)
    expect("open", reply.open, False)
    expect(
        "wire",
        reply.wire,
        differs_from(
            ends_with(
                b"0\r\n"
                b"\r\n"
            )
        ),
    )
    connection.close()

    # app (specs/http/streaming.yaml:64)
    calls = ended_calls(since=reply.began, port=reply.port)
    call = numbered(calls)
    expect(
        "sent.types",
        [one["type"] for one in call.sent],
        ["http.response.start", "http.response.body"],
    )
    expect("sent.raised", call.raised_by_send, [])
    expect("raised", call.raised, "RuntimeError")


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE, timeout_is_fault=True))
