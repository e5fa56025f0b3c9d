"""uvicorn 0.54.0 with zttp sends content as DATA without a head over HTTP/2, if it has refused the head.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "uvicorn 0.54.0 with zttp sends content as DATA without a head over HTTP/2, if it has refused the head"


def reproduction() -> None:
    connection = Connection()
    connection.request(1)
    reply = connection.response(1)
    need("field sections", len(reply.sections), 0)
    expect("the content without a head", reply.body, b"")


if __name__ == "__main__":
    main(reproduction, TITLE)
