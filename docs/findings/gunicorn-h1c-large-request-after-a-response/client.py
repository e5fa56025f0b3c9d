"""gunicorn 27.0.1 with gunicorn_h1c and uvloop closes a kept connection within a request of 64 KiB.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, expect, need, run

TITLE = "gunicorn 27.0.1 with gunicorn_h1c and uvloop closes a kept connection within a request of 64 KiB"
SIZE = 65536
TURNS = 500  # it depends on the moment


def answered(connection: Connection) -> bool:
    """Send a request, and read its whole response. Returns False if the connection ends before that."""
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: %d\r\n\r\n" % SIZE
    connection.send(head + b"x" * SIZE)
    response = b""
    while b"\r\n\r\n" not in response or len(response) < response.index(b"\r\n\r\n") + 4 + SIZE:
        data = connection.receive(within=5)
        if not data:
            return False
        response += data
    return True


def reproduction() -> None:
    closed = 0
    for _ in range(TURNS):
        connection = Connection()
        need("the first response is whole", answered(connection), True)
        closed += not answered(connection)
        connection.close()
        if closed:
            break
    expect("connections that ended within the second request", closed, 0)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
