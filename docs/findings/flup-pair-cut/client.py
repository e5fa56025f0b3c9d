"""A name-value pair may continue in the next PARAMS record, cut between-lengths.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from support import Connection, Records, TYPES, at, expect, record, run

TITLE = "A name-value pair may continue in the next PARAMS record, cut between-lengths"


def reproduction() -> None:
    # fastcgi (specs/fastcgi/protocol.yaml:58)
    direct_began = time.monotonic()
    connection = Connection()
    direct_port = connection.port
    connection.send(record(TYPES["begin_request"], 1, b"\x00\x01\x00\x00\x00\x00\x00\x00"))
    connection.send(record(TYPES["params"], 1, b"\x0c") + record(TYPES["params"], 1, b"\x07QUERY_STRINGa=1&b=2\t\x08PATH_INFO/environ\x11\x07GATEWAY_INTERFACECGI/1."
b"1\x0e\x03REQUEST_METHODGET\x0b\x00SCRIPT_NAME\x0b\x10REQUEST_URI/environ?a=1&b=2\x0e\x04"
b"REQUEST_SCHEMEhttp\x0f\x08SERVER_PROTOCOLHTTP/1.1\x0f\x06SERVER_SOFTWAREengi"
b"ne\x0b\tSERVER_NAME127.0.0.1\x0b\x04SERVER_PORT8000\x0b\tREMOTE_ADDR127.0.0.1\x0b"
b"\x05REMOTE_PORT50000\t\x0eHTTP_HOST127.0.0.1:8000") + record(
        TYPES["params"],
        1,
    ))
    connection.send(record(TYPES["stdin"], 1), b"")
    records = Records(connection)
    answer = records.response(1, within=3)
    expect("outcome", answer.outcome, "response")
    expect("faults", answer.faults, [])
    expect("status", answer.status, 200)
    expect("json.QUERY_STRING", at(answer.json, "QUERY_STRING"), "a=1&b=2")
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
