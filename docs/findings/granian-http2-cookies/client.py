"""granian 2.8.7 passes several Cookie fields on as several, of which an application may see only one.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import Connection, expect, main, need

TITLE = "granian 2.8.7 passes several Cookie fields on as several, of which an application may see only one"


def reproduction() -> None:
    connection = Connection()
    connection.request(1, ("cookie", "a=1"), ("cookie", "b=2"))
    reply = connection.response(1)
    need("status", reply.status, 200)
    expect("the Cookie fields of the scope", reply.json(), ["a=1; b=2"])


if __name__ == "__main__":
    main(reproduction, TITLE)
