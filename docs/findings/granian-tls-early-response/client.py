"""A response of 1 MiB arrives whole at a client that first sends 3 MiB of a body, and then reads.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, Flood, expect, response, run, tls

TITLE = "A response of 1 MiB arrives whole at a client that first sends 3 MiB of a body, and then reads"


def reproduction() -> None:
    # tcp (specs/tls/early-responses.yaml:65)
    connection = Connection(context=tls())
    connection.reads = False
    connection.send(
        b"POST / HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Content-Length: 4194304\r\n"
        b"\r\n"
    )
    flood = Flood(connection, b"x" * 65536, up_to=3145728, blocked_for=1.0)
    connection.pause(0.2)
    connection.reads = True
    reply = response(connection, within=8)
    expect("status", reply.status, 200)
    expect("complete", reply.complete, True)
    expect("body", reply.body, b"z" * 1048576)
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
