"""Hypercorn 0.18.0 does not end after the graceful timeout while an HTTP/2 client keeps its connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import os
import signal

from support import Connection, expect, main

TITLE = "Hypercorn 0.18.0 does not end after the graceful timeout while an HTTP/2 client keeps its connection"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, path="/process")
    process = int(connection.response(1).body)
    connection.request(3, path="/hangs")
    connection.read(0.5)
    print(f"   SIGTERM to {process}, whose graceful timeout is 1 s")
    os.kill(process, signal.SIGTERM)
    connection.read(10)
    expect("the stream that was under way, 10 s after SIGTERM", connection.outcome(3, 0.1), "an end")


if __name__ == "__main__":
    main(reproduction, TITLE)
