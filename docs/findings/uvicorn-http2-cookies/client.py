"""uvicorn 0.54.0 with zttp passes several Cookie fields on as several, of which an application may see only one.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp passes several Cookie fields on as several, of which an application may see only one"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("cookie", "a=1"), ("cookie", "b=2"))
    expect("the cookies of the scope", connection.response(1).json(), ["a=1; b=2"])


if __name__ == "__main__":
    main(reproduction, TITLE)
