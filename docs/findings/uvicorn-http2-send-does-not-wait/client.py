"""uvicorn 0.54.0 with zttp does not let send() wait while a client's window is full over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp does not let send() wait while a client's window is full over HTTP/2"


def reproduction() -> None:
    slow = Connection(refills=False, shows=False)
    slow.request(1)
    slow.read(2)
    connection = Connection()
    connection.request(1, path="/sent")
    sent = int(connection.response(1).body)
    expect("the pieces of 64 KiB that send() took for a window of 64 KiB", sent, min(sent, 300))


if __name__ == "__main__":
    main(reproduction, TITLE)
