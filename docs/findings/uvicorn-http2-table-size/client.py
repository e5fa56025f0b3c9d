"""uvicorn 0.54.0 with zttp does not report that its table of fields is as small as the settings of the client require.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import hpack

from support import Connection, expect, main

TITLE = (
    "uvicorn 0.54.0 with zttp does not report that its table of fields is as small as the settings of the "
    "client require"
)


def reproduction() -> None:
    connection = Connection(b"\0\1" + (0).to_bytes(4))
    connection.decoder.max_allowed_table_size = 0
    connection.request(1)
    try:
        connection.response(1)
        refused = ""
    except hpack.HPACKError as error:
        refused = repr(error)
    expect("the decoder of a client whose table has 0 bytes", refused or "decodes it", "decodes it")


if __name__ == "__main__":
    main(reproduction, TITLE)
