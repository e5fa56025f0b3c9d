"""gunicorn 27.0.1 sends fields over HTTP/2 that no client can decode, after an application has sent a pseudo-header
field.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import hpack

from support import Connection, FaultShown, expect, main

TITLE = (
    "gunicorn 27.0.1 sends fields over HTTP/2 that no client can decode, after an application has sent a "
    "pseudo-header field"
)


def reproduction() -> None:
    connection = Connection()
    connection.request(1, path="/wrong")
    connection.outcome(1, 1)
    connection.request(3, path="/other")
    try:
        found = connection.outcome(3)
    except hpack.HPACKError as error:
        raise FaultShown(f"expected the next response: 'response 200'\nactual the next response:   {error!r}") from None
    expect("the next response", found, "response 200")
    expect("its fields", connection.stream(3).values(b"x-a"), [b"b"])


if __name__ == "__main__":
    main(reproduction, TITLE)
