"""The application for this finding: see README.md."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hell"})
