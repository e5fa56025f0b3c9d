"""The server reports its limits.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, Records, TYPES, expect, pairs, record, run

TITLE = "The server reports its limits"


def reproduction() -> None:
    # fastcgi (specs/fastcgi/protocol.yaml:354)
    connection = Connection()
    records = Records(connection)
    connection.send(record(
        TYPES["get_values"],
        0,
        pairs((b"FCGI_MAX_CONNS", b""), (b"FCGI_MAX_REQS", b""), (b"FCGI_MPXS_CONNS", b"")),
    ))
    found, found_outcome = records.receive_values(within=3)
    expect("outcome", found_outcome, "result")
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
