"""The application for: Hypercorn 0.18.0 leaves a stream open if close() of a WSGI app's body raises."""

from __future__ import annotations


class Body:
    def __iter__(self):
        return iter([b"one"])

    def close(self):
        raise ValueError("close")


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return Body()
