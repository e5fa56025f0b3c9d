"""gunicorn 27.0.1 lets receive() wait after the response until the connection ends, over HTTP/2.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import time

from support import Connection, expect, main, need

TITLE = "gunicorn 27.0.1 lets receive() wait after the response until the connection ends, over HTTP/2"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST")
    need("content", connection.response(1).body, b"first")
    time.sleep(4.5)
    connection.request(3, path="/found")
    expect("what receive() returns after the response", connection.response(3).json(), ["http.disconnect"] * 2)


if __name__ == "__main__":
    main(reproduction, TITLE)
