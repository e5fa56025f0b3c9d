"""What stands around the parts is not one of them, spaces-behind-a-delimiter.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import calls_of, drive, expect, numbered, run

TITLE = "What stands around the parts is not one of them, spaces-behind-a-delimiter"


def reproduction() -> None:
    # drive (specs/frameworks/forms.yaml:270)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/form",
        "query_string": b"",
        "headers": [
            (b"content-type", b"multipart/form-data; boundary=b", ),
            (b"content-length", b"61", ),
        ],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/form",
    }
    script = [(
        "give",
        {
            "type": "http.request",
            "body": b"--b  \r\n"
            b'Content-Disposition: form-data; name="a"\r\n'
            b"\r\n"
            b"1\r\n"
            b"--b--\r\n",
        },
    )]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect("sent.status", call.sent_part("status"), 200)
    expect("sent.body", call.body(call.sent), b"field a 1\n")
    expect("returned", call.returned, True)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
