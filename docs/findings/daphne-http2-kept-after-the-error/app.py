"""The application for this finding: see README.md."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    await respond(send, str(pages * 4096 // 1024).encode())


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
