"""CR-LF in the path does not reach the log as it is.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys

from support import Server, contains, differs_from, expect, fits, need, request, retry, run

TITLE = "CR-LF in the path does not reach the log as it is"


def reproduction() -> None:
    server = Server()
    try:
        need("start", server.start(), "started")

        # request (specs/lifecycle/access-log.yaml:209)
        reply = request(
            b"GET /one-repro%0D%0Atwo-repro HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"\r\n"
        )
        need("outcome", reply.outcome, "response")
        need(
            "one of the alternatives",
            any([fits(reply.status, 203), fits(reply.status, 400)]),
            True,
        )

        # request (specs/lifecycle/access-log.yaml:210)
        reply = request(
            b"GET /three-repro HTTP/1.1\r\n"
            b"Host: 127.0.0.1:8000\r\n"
            b"\r\n"
        )
        need("outcome", reply.outcome, "response")
        need("status", reply.status, 203)

        # log (specs/lifecycle/access-log.yaml:211)
        def look_at_log() -> None:
            log = server.log
            need("text", log.text, contains("/three-repro"))
        retry(look_at_log, within=5, every=0.02)

        # log (specs/lifecycle/access-log.yaml:212)
        log = server.log
        expect("text", log.text, differs_from(contains("\r\ntwo-repro")))
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
