"""uvicorn 0.54.0 with zttp accepts an acknowledgement of SETTINGS as the first frame of a client.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import ACK, PREFACE, SETTINGS, Connection, frame, main

TITLE = "uvicorn 0.54.0 with zttp accepts an acknowledgement of SETTINGS as the first frame of a client"


def reproduction() -> None:
    connection = Connection(starts=False)
    connection.send(PREFACE + frame(SETTINGS, ACK, 0))
    connection.request(1)
    connection.refuses(1)


if __name__ == "__main__":
    main(reproduction, TITLE)
