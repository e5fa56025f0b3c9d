"""The call of an application with a multipart form of many parts."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


async def drive(app: Callable[..., Awaitable[None]], parts: int) -> float:
    """Call the application. Returns the time that one request with so many parts needs, in seconds."""
    body = PART * parts + b"--b--\r\n"
    given = [{"type": "http.request", "body": body}]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/form",
        "raw_path": b"/form",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b"), (b"content-length", b"%d" % len(body))],
    }

    async def receive() -> dict[str, Any]:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            print(f"  status {message['status']}")

    began = time.monotonic()
    await app(scope, receive, send)
    return time.monotonic() - began
