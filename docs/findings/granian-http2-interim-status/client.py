"""granian 2.8.7 sends an application's interim status over HTTP/2 as the response, with content.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "granian 2.8.7 sends an application's interim status over HTTP/2 as the response, with content"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    # Refused, or sent as an interim response: both are right.
    if reply.ended and reply.reset is None:
        expect("a final status behind the interim one", reply.status is not None, True)
    elif reply.reset is None and not connection.over:
        expect("the stream", "open", "a final response or an end")


if __name__ == "__main__":
    main(reproduction, TITLE)
