"""Wrappers of an ASGI application that make one thing wrong."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Wrap = Callable[[Any], Any]
Change = Callable[[Event], "Event | None"]

PROBE = "/health"
"""The path of the engine's readiness check: a target that fails it never becomes ready."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """``what`` is the fault as one clause; ``wrap`` makes the wrong app from the right one."""

    what: str
    wrap: Wrap


def right_app() -> Any:
    """The app that the environment names. Raises KeyError if it names none, and the exceptions of its import."""
    module, _, attribute = os.environ["ENGINE_RIGHT_APP"].partition(":")
    return getattr(importlib.import_module(module), attribute or "app")


def changing(change: Callable[[Scope], Change]) -> Wrap:
    """Pass each event that the app sends through a function; None drops the event. ``change`` makes that function for
    each call, so that it may remember earlier events."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            changed = change(scope)

            async def send_changed(event: Event) -> None:
                other = changed(dict(event))
                if other is not None:
                    await send(other)

            await inner(scope, receive, send_changed)

        return wrong

    return wrap


def starts(alter: Callable[[Event], Event], *paths: str) -> Wrap:
    """Change the start of each response to requests for these paths, or for all of them but the readiness check."""

    def make(scope: Scope) -> Change:
        mine = scope["type"] == "http" and (scope["path"].startswith(paths) if paths else scope["path"] != PROBE)
        return lambda event: alter(event) if mine and event["type"] == "http.response.start" else event

    return changing(make)


def body(change: Callable[[bytes], bytes], *paths: str) -> Wrap:
    """Change each piece of a body, of responses to requests for these paths."""

    def make(scope: Scope) -> Change:
        def changed(event: Event) -> Event:
            if event["type"] == "http.response.start":
                named = event.get("headers", [])
                event["headers"] = [pair for pair in named if pair[0].lower() != b"content-length"]
            elif event["type"] == "http.response.body":
                event["body"] = change(event.get("body", b""))
            return event

        return changed if scope["type"] == "http" and scope["path"].startswith(paths) else lambda event: event

    return changing(make)


def edits(change: Callable[[Any], object], *paths: str) -> Wrap:
    """Change the JSON in responses to requests for these paths, which comes in one piece."""
    return body(lambda data: json.dumps(change(json.loads(data))).encode(), *paths)


def sends(change: Callable[[Any], object], path: str) -> Wrap:
    """Change the JSON in the texts of WebSockets at this path."""

    def make(scope: Scope) -> Change:
        def changed(event: Event) -> Event:
            if event["type"] == "websocket.send":
                event["text"] = json.dumps(change(json.loads(event["text"])))
            return event

        return changed if scope["type"] == "websocket" and scope["path"] == path else lambda event: event

    return changing(make)


def reading(change: Callable[[Scope], Scope]) -> Wrap:
    """Change the scope that the app is given."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(change(scope), receive, send)

        return wrong

    return wrap


def without(name: str) -> Callable[[Scope], Scope]:
    """A change of a JSON object: it loses a key."""
    return lambda value: {key: item for key, item in value.items() if key != name}


def replacing(*pairs: tuple[bytes, bytes]) -> Callable[[bytes], bytes]:
    """A change of a piece of a body: the first pair whose left side it has replaces that by its right side."""

    def change(data: bytes) -> bytes:
        return next((data.replace(old, new) for old, new in pairs if old in data), data)

    return change
