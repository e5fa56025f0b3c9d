"""A path below a file, a-name, is not found.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import all_of, any_of, calls_of, drive, expect, first, fits, last, numbered, run

TITLE = "A path below a file, a-name, is not found"


def reproduction() -> None:
    # drive (specs/frameworks/conditions.yaml:57)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/files/digits.txt/more.txt",
        "query_string": b"",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/files/digits.txt/more.txt",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect(
        "one of the alternatives",
        any(
            [
                fits(call.sent_part("status"), any_of(301, 307, 308, 400, 404)) and fits(
                    [one["type"] for one in call.sent],
                    all_of(first("http.response.start"), last("http.response.body")),
                ),
                fits(call.sent_part("status"), 200) and fits(
                    call.body(call.sent),
                    b"0123456789" * 100,
                ),
            ]
        ),
        True,
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
