"""Hypercorn 0.18.0 ends the HTTP/2 connection when content comes behind a response that it has completed.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "Hypercorn 0.18.0 ends the HTTP/2 connection when content comes behind a response that it has completed"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", path="/early", end=False)
    connection.request(3, method="POST", path="/other", end=False)
    need("the early response", connection.response(1).body, b"early")
    connection.data(1, b"hello", end=True)
    connection.data(3, b"hello", end=True)
    expect("another stream of the connection", connection.outcome(3), "response 200")


if __name__ == "__main__":
    main(reproduction, TITLE)
