"""A path out of the folder, a-folder-beside-it, is not found.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import all_of, any_of, calls_of, drive, expect, first, last, need, numbered, run

TITLE = "A path out of the folder, a-folder-beside-it, is not found"


def reproduction() -> None:
    # drive (specs/frameworks/conditions.yaml:42)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/files/digits.txt",
        "query_string": b"",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/files/digits.txt",
    }
    script = [("give", {"type": "http.request"})]
    need("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    need("sent.status", call.sent_part("status"), 200)

    # drive (specs/frameworks/conditions.yaml:46)
    began_ = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/files/../files-beside/secret.txt",
        "query_string": b"",
        "headers": [],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/files/%2e%2e/files-beside/secret.txt",
    }
    script = [("give", {"type": "http.request"})]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    call_s = calls_of(since=began_)
    call_ = numbered(call_s)
    expect("sent.status", call_.sent_part("status"), any_of(301, 307, 308, 400, 403, 404))
    expect(
        "sent.types",
        [one["type"] for one in call_.sent],
        all_of(first("http.response.start"), last("http.response.body")),
    )


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
