"""The application for: What an application changes in its scope, versions, is not in the scope of a later call."""

from __future__ import annotations

from typing import Any

from recorder import Outcome


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/versions":
        await on_versions(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/extensions":
        await on_extensions(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/next":
        await on_next(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_versions(scope, receive, send):
    part(scope, "asgi")["version"] = "9.9"
    part(scope, "asgi")["left"] = "yes"
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def on_extensions(scope, receive, send):
    with Outcome("changed"):
        part(scope, "extensions")["left"] = "yes"
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def on_next(scope, receive, send):
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


def part(scope: Any, path: str) -> Any:
    """A part of a scope, such as ``state.counter``."""
    for word in path.split("."):
        scope = scope[int(word) if isinstance(scope, (list, tuple)) and word.isdigit() else word]
    return scope
