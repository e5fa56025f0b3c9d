"""anycorn 0.20.1 ends a connection of HTTP/2 at SIGTERM, with the streams that are under way.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import os
import signal

from support import Connection, expect, main

TITLE = "anycorn 0.20.1 ends a connection of HTTP/2 at SIGTERM, with the streams that are under way"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, path="/process")
    process = int(connection.response(1).body)
    connection.request(3, path="/slow")
    connection.read(0.3)
    print(f"   SIGTERM to {process}")
    os.kill(process, signal.SIGTERM)
    expect("the stream that was under way at SIGTERM", connection.outcome(3), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
