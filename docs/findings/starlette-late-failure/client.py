"""A response whose handler fails behind its first piece is not ended as a complete one, at behind-a-function-of-middleware.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import all_of, calls_of, drive, expect, first, fits, last, numbered, run

TITLE = "A response whose handler fails behind its first piece is not ended as a complete one, at behind-a-function-of-middleware"


def reproduction() -> None:
    # drive (specs/frameworks/errors.yaml:30)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/passed/fails",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"identity", )],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/passed/fails",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect(
        "one of the alternatives",
        any(
            [
                fits(call.sent_part("status"), 200) and fits([one["type"] for one in call.sent], all_of(first("http.response.start"), last("http.response.body"))) and fits(
                    call.sent_part("last.more_body"),
                    True,
                ),
                fits([one["type"] for one in call.sent], ["http.response.start"]),
                fits(call.sent_part("status"), 500) and fits(
                    [one["type"] for one in call.sent],
                    all_of(first("http.response.start"), last("http.response.body")),
                ),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
