"""A body that becomes malformed within the response, bad-size, puts nothing into it, with-its-length.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Closed, Connection, any_of, contains, ends_with, expect, matches, need, run

TITLE = "A body that becomes malformed within the response, bad-size, puts nothing into it, with-its-length"


def reproduction() -> None:
    # tcp (specs/http/late-errors.yaml:35)
    connection = Connection()
    connection.send(
        b"POST /starts HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"Connection: close\r\n"
        b"\r\n"
        b"5\r\n"
        b"hello\r\n"
    )
    data = connection.read(until=b"first-", within=4)
    need("bytes", data, ends_with(b"first-"))
    need("bytes", data, contains(b"first-"))
    connection.send(b"zz\r\n")
    end = Closed(connection, within=5)
    expect("the end of the connection", end.how, any_of("fin", "tls", "reset"))
    expect(
        "rest",
        end.rest,
        any_of(
            b"",
            b"\r\n",
            matches("(\\r\\n)?(5\\r\\n)?final(\\r\\n)?(0\\r\\n\\r\\n)?(HTTP/1\\.1 [45][\\s\\S]*)?"),
        ),
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
