"""A form whose Content-Type has an-empty-boundary is served or refused as an error of the client.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import sys
import time

from recorded import app
from support import (
    all_of,
    at_least,
    at_most,
    calls_of,
    drive,
    expect,
    first,
    last,
    need,
    numbered,
    run,
)

TITLE = "A form whose Content-Type has an-empty-boundary is served or refused as an error of the client"


def reproduction() -> None:
    # drive (specs/frameworks/forms.yaml:470)
    began = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/form",
        "query_string": b"",
        "headers": [
            (b"content-type", b"multipart/form-data; boundary=b", ),
            (b"content-length", b"59", ),
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
            b'Content-Disposition: form-data; name="a"\r\n'
            b"\r\n"
            b"1\r\n"
            b"--b--\r\n",
        },
    )]
    need("the rest of the script", drive(app, scope, script, within=5), "")
    calls = calls_of(since=began)
    call = numbered(calls)
    need("sent.status", call.sent_part("status"), 200)
    need("sent.body", call.body(call.sent), b"field a 1\n")

    # drive (specs/frameworks/forms.yaml:475)
    began_ = time.monotonic()
    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/form",
        "query_string": b"",
        "headers": [
            (b"content-type", b"multipart/form-data; boundary=", ),
            (b"content-length", b"59", ),
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
            b'Content-Disposition: form-data; name="a"\r\n'
            b"\r\n"
            b"1\r\n"
            b"--b--\r\n",
        },
    )]
    expect("the rest of the script", drive(app, scope, script, within=5), "")
    call_s = calls_of(since=began_)
    call_ = numbered(call_s)
    expect("sent.status", call_.sent_part("status"), all_of(at_least(200), at_most(499)))
    expect(
        "sent.types",
        [one["type"] for one in call_.sent],
        all_of(first("http.response.start"), last("http.response.body")),
    )
    expect("returned", call_.returned, True)


if __name__ == "__main__":
    sys.exit(run(reproduction, TITLE))
