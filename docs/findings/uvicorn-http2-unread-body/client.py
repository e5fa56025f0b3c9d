"""uvicorn 0.54.0 with zttp reads nothing from a connection of HTTP/2 while the application does not read one body, so
PING is not answered.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, PING, expect, main

TITLE = (
    "uvicorn 0.54.0 with zttp reads nothing from a connection of HTTP/2 while the application does not "
    "read one body, so PING is not answered"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, method="POST", end=False)
    connection.read(0.5)
    sent = connection.upload(1, b"x" * (8 << 20), 2, end=False)
    print(f"{sent} bytes of the body were sent within the windows of the server")
    expect("PING is answered within 5 s, while the body is not read", connection.ping(), True)


if __name__ == "__main__":
    main(reproduction, TITLE)
