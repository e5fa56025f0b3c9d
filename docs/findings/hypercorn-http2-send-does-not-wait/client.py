"""Hypercorn 0.18.0 buffers a response over HTTP/2 without a limit, and send() does not wait.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "Hypercorn 0.18.0 buffers a response over HTTP/2 without a limit, and send() does not wait"


def reproduction() -> None:
    slow = Connection(refills=False)
    slow.request(1)
    slow.read(1.5)
    need("bytes of content within the client's window of 65,535", len(slow.stream(1).body), 65535)
    other = Connection()
    other.request(1, path="/sent")
    sent = other.response(1).json()
    expect(f"fewer than 300 of 400 pieces of 64 KiB accepted by send() (it was {sent})", sent < 300, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
