"""The messages of an inner application pass the function, a-tuple-of-tuples.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import absent, all_of, any_of, calls_of, drive, expect, first, last, numbered, run

TITLE = "The messages of an inner application pass the function, a-tuple-of-tuples"


def reproduction() -> None:
    # drive (specs/frameworks/middleware.yaml:114)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/passed/mounted/tuples",
        "query_string": b"",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/passed/mounted/tuples",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect("sent.status", call.sent_part("status"), 200)
    expect("sent.body", call.body(call.sent), b"ok")
    expect(
        "sent.types",
        [one["type"] for one in call.sent],
        all_of(first("http.response.start"), last("http.response.body")),
    )
    expect("sent.last.more_body", call.sent_part("last.more_body"), any_of(absent(), False))
    expect("sent.header.x-passed", call.sent_part("header.x-passed"), b"1")
    expect("returned", call.returned, True)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
