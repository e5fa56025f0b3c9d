"""Vary of a response to-the-allowed-origin keeps the names of the handler.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import calls_of, drive, expect, matches, numbered, run, some

TITLE = "Vary of a response to-the-allowed-origin keeps the names of the handler"


def reproduction() -> None:
    # drive (specs/frameworks/cors.yaml:126)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/cors/text",
        "query_string": b"",
        "headers": [(b"origin", b"https://app.example", )],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/cors/text",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect("sent.status", call.sent_part("status"), 200)
    expect(
        "sent.headers.vary",
        call.sent_part("headers.vary"),
        some(matches("(?i)(.*, *)?(accept-language|[*])( *,.*)?")),
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
