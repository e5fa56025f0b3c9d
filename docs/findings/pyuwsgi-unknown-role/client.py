"""The role 0 is rejected with UNKNOWN_ROLE.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Connection, Records, TYPES, any_of, expect, need, pairs, record, run

TITLE = "The role 0 is rejected with UNKNOWN_ROLE"


def reproduction() -> None:
    # fastcgi (specs/fastcgi/protocol.yaml:412)
    connection = Connection()
    connection.send(record(TYPES["begin_request"], 1, b"\x00\x01\x00\x00\x00\x00\x00\x00"))
    connection.send(record(TYPES["params"], 1, pairs((b"GATEWAY_INTERFACE", b"CGI/1.1"), (b"REQUEST_METHOD", b"GET"), (b"SCRIPT_NAME", b""), (b"PATH_INFO", b"/"), (b"QUERY_STRING", b""), (b"REQUEST_URI", b"/"), (b"REQUEST_SCHEME", b"http"), (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"SERVER_SOFTWARE", b"engine"), (b"SERVER_NAME", b"127.0.0.1"), (b"SERVER_PORT", b"8000"), (b"REMOTE_ADDR", b"127.0.0.1"), (b"REMOTE_PORT", b"50000"), (b"HTTP_HOST", b"127.0.0.1:8000"))) + record(
        TYPES["params"],
        1,
    ))
    connection.send(record(TYPES["stdin"], 1), b"")
    records = Records(connection)
    answer = records.response(1, within=5)
    need("outcome", answer.outcome, "response")
    need("faults", answer.faults, [])
    need("status", answer.status, 200)
    connection.close()

    # fastcgi (specs/fastcgi/protocol.yaml:413)
    connection = Connection()
    connection.send(record(TYPES["begin_request"], 1, b"\x00\x00\x01\x00\x00\x00\x00\x00"))
    connection.send(record(TYPES["params"], 1, pairs((b"GATEWAY_INTERFACE", b"CGI/1.1"), (b"REQUEST_METHOD", b"GET"), (b"SCRIPT_NAME", b""), (b"PATH_INFO", b"/"), (b"QUERY_STRING", b""), (b"REQUEST_URI", b"/"), (b"REQUEST_SCHEME", b"http"), (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"SERVER_SOFTWARE", b"engine"), (b"SERVER_NAME", b"127.0.0.1"), (b"SERVER_PORT", b"8000"), (b"REMOTE_ADDR", b"127.0.0.1"), (b"REMOTE_PORT", b"50000"), (b"HTTP_HOST", b"127.0.0.1:8000"))) + record(
        TYPES["params"],
        1,
    ))
    connection.send(record(TYPES["stdin"], 1), b"")
    records = Records(connection)
    answer = records.response(1, within=3)
    expect("outcome", answer.outcome, any_of("response", "rejected", "empty"))
    expect("faults", answer.faults, [])
    expect("protocol_status", answer.protocol_status, "unknown_role")
    connection.close()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
