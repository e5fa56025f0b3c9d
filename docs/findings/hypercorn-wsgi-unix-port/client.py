"""On a Unix socket, SERVER_NAME and SERVER_PORT are texts that are not empty, Host with-a-port.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import at, at_least, expect, length, request, run

TITLE = "On a Unix socket, SERVER_NAME and SERVER_PORT are texts that are not empty, Host with-a-port"


def reproduction() -> None:
    # request (specs/wsgi/serving.yaml:170)
    reply = request(
        b"GET /boundary/variables HTTP/1.1\r\n"
        b"Host: example.org:8080\r\n"
        b"\r\n",
        within=5,
    )
    expect("outcome", reply.outcome, "response")
    expect("status", reply.status, 200)
    expect("json.values.SERVER_NAME", at(reply.json, "values.SERVER_NAME"), length(at_least(1)))
    expect("json.values.SERVER_PORT", at(reply.json, "values.SERVER_PORT"), length(at_least(1)))


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
