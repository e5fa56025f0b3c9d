"""gunicorn 27.0.1 resets a stream again for a frame that comes behind its reset, as the library h2 does.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 resets a stream again for a frame that comes behind its reset, as the library h2 does"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", path="/early", end=False)
    one = connection.response(1)
    need("an early response", one.body, b"early")
    connection.read(2, lambda: one.reset is not None)
    need("the code of RST_STREAM behind the early response", one.reset, 0)
    connection.data(1, b"hello", end=True)
    connection.ping()
    expect("the code of the last RST_STREAM", one.reset, 0)


if __name__ == "__main__":
    main(reproduction, TITLE)
