"""The application for: Daphne 4.2.3 (Twisted) leaves a connection open over HTTP/2 after an error of the connection."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"OK"})
