"""The fields of a part are read in any letter case and order, more-spaces.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import calls_of, drive, expect, numbered, run

TITLE = "The fields of a part are read in any letter case and order, more-spaces"


def reproduction() -> None:
    # drive (specs/frameworks/forms.yaml:227)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/form",
        "query_string": b"",
        "headers": [
            (b"content-type", b"multipart/form-data; boundary=b", ),
            (b"content-length", b"114", ),
        ],
        "type": "http",
        "scheme": "http",
        "raw_path": b"/form",
    }
    script = [(
        "give",
        {
            "type": "http.request",
            "body": b"--b\r\n"
            b'Content-Disposition:  form-data ;  name="f" ; filename="n.txt" \r'
            b"\n"
            b"Content-Type:  text/plain \r\n"
            b"\r\n"
            b"hello\r\n"
            b"--b--\r\n",
        },
    )]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    expect("sent.status", call.sent_part("status"), 200)
    expect("sent.body", call.body(call.sent), b"file f n.txt text%2Fplain 5 3610a686\n")
    expect("returned", call.returned, True)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
