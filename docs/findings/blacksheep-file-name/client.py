"""A name with a-line-end puts nothing into the headers.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import calls_of, drive, expect, length, matches, need, none, numbered, run

TITLE = "A name with a-line-end puts nothing into the headers"


def reproduction() -> None:
    # drive (specs/frameworks/downloads.yaml:59)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/download",
        "query_string": b"name=report.txt",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/download",
    }
    script = [("give", {"type": "http.request"})]
    need("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    need("sent.status", call.sent_part("status"), 200)

    # drive (specs/frameworks/downloads.yaml:63)
    began_ = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/download",
        "query_string": b"name=a%0D%0AX-A: 1",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/download",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    call_s = calls_of(since=began_)
    call_ = numbered(call_s)
    expect("sent.headers.x-a", call_.sent_part("headers.x-a"), length(0))
    expect(
        "sent.headers.content-disposition",
        call_.sent_part("headers.content-disposition"),
        none(matches("(?s).*[\\x00-\\x08\\x0a-\\x1f\\x7f].*")),
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
