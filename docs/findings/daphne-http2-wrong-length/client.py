"""Daphne 4.2.3 ends a response over HTTP/2 whose content is not as long as its Content-Length as if it were complete.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = (
    "Daphne 4.2.3 ends a response over HTTP/2 whose content is not as long as its Content-Length as if it"
    " were complete"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    if reply.ended and reply.status == 200:
        expect("the content of a response that is complete, with a Content-Length of 5", len(reply.body), 5)


if __name__ == "__main__":
    main(reproduction, TITLE)
