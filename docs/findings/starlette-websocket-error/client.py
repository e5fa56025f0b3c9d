"""An error of a handler closes an open WebSocket once, with a code that may be sent, at http-error.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import (
    absent,
    all_of,
    any_of,
    at,
    at_least,
    at_most,
    calls_of,
    drive,
    expect,
    fits,
    numbered,
    present,
    run,
)

TITLE = "An error of a handler closes an open WebSocket once, with a code that may be sent, at http-error"


def reproduction() -> None:
    # drive (specs/frameworks/errors.yaml:66)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "path": "/ws/refused-late",
        "query_string": b"",
        "headers": [],
        "type": "websocket",
        "scheme": "ws",
        "extensions": {},
    }
    script = [("give", {"type": "websocket.connect"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect(
        "one of the alternatives",
        any(
            [
                fits([one["type"] for one in call.sent], ["websocket.accept", "websocket.close"]) and fits(
                    at(call.sent, "last.code"),
                    any_of(
                        absent(),
                        1000,
                        1001,
                        1003,
                        1008,
                        1011,
                        all_of(at_least(3000), at_most(4999)),
                    ),
                ),
                fits([one["type"] for one in call.sent], ["websocket.accept"]) and fits(
                    call.raised,
                    present(),
                ),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
