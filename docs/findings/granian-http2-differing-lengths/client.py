"""granian 2.8.7 sends two different Content-Lengths over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "granian 2.8.7 sends two different Content-Lengths over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    if reply.status == 200:
        expect("no more than one Content-Length", len(reply.values(b"content-length")) <= 1, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
