"""The application for: gunicorn 27.0.1 gives a WSGI app a variable HTTP_VERSION over HTTP/2, which no field has."""

from __future__ import annotations

import json


def app(environ, start_response):
    body = json.dumps(sorted(name for name in environ if name.startswith("HTTP_"))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
