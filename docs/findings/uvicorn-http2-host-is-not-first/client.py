"""uvicorn 0.54.0 with zttp puts the host of :authority behind the other fields of the scope.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main

TITLE = "uvicorn 0.54.0 with zttp puts the host of :authority behind the other fields of the scope"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("x-a", "1"))
    expect("the headers of the scope", connection.response(1).json(), ["host", "x-a"])


if __name__ == "__main__":
    main(reproduction, TITLE)
