"""Deliberately wrong applications: the contract's, each with one fault.

``app`` stands in for the contract's app in a service of its own. ``FAULTY_APP`` names the one that it wraps
(``module:attribute``), ``FAULTY_FAULT`` the fault.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import time
from collections.abc import Callable
from typing import Any, cast

from . import obligations
from .events import Event
from .http1 import App, Receive, Send
from .switches import PROBE

Scope = dict[str, Any]
Change = Callable[[Event], Event | None]


def changing(change: Callable[[Scope], Change]) -> Callable[[App], App]:
    """A wrapper that passes every message that the app sends through a function; None drops the message.

    ``change`` creates that function for each call, so that it may remember earlier messages.
    """

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


def body(change: Callable[[bytes], bytes], *paths: str) -> Callable[[App], App]:
    """A wrapper that changes every piece of a body, of responses to requests for these paths."""

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


def edits(change: Callable[[Any], object], *paths: str) -> Callable[[App], App]:
    """A wrapper that changes the JSON in responses to requests for these paths, which comes in one piece."""
    return body(lambda data: json.dumps(change(json.loads(data))).encode(), *paths)


def sends(change: Callable[[Any], object], path: str) -> Callable[[App], App]:
    """A wrapper that changes the JSON in the texts of WebSockets at this path."""

    def make(scope: Scope) -> Change:
        def changed(event: Event) -> Event:
            if event["type"] == "websocket.send":
                event["text"] = json.dumps(change(json.loads(event["text"])))
            return event

        return changed if scope["type"] == "websocket" and scope["path"] == path else lambda event: event

    return changing(make)


def without(name: str) -> Callable[[Scope], Scope]:
    """A change of a JSON object: it loses a key."""
    return lambda value: {key: item for key, item in value.items() if key != name}


def replacing(*pairs: tuple[bytes, bytes]) -> Callable[[bytes], bytes]:
    """A change of a piece of a body: the first of the pairs whose left side it holds says what stands there instead."""

    def change(data: bytes) -> bytes:
        return next((data.replace(old, new) for old, new in pairs if old in data), data)

    return change


def wrong_status(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "http.response.start" and scope["path"] != PROBE.decode():
            event["status"] = 200 if event["status"] != 200 else 202
        return event

    return change


def wrong_content_type(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "http.response.start":
            named = [pair for pair in event.get("headers", []) if pair[0].lower() != b"content-type"]
            event["headers"] = [*named, (b"content-type", b"application/x-wrong")]
        return event

    return change


def collected(scope: Scope) -> Change:
    pieces: list[bytes] = []

    def change(event: Event) -> Event | None:
        if event["type"] == "http.response.body":
            pieces.append(event.get("body", b""))
            if event.get("more_body"):
                return None
            event["body"] = b"".join(pieces)
        return event

    return change


def without_done(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "http.response.body":
            event["body"] = event.get("body", b"").replace(b"event: done\ndata: {}\n\n", b"")
        return event

    return change


def ignoring_close_code(scope: Scope) -> Change:
    return lambda event: {"type": event["type"]} if event["type"] == "websocket.close" else event


def swallowing_close(scope: Scope) -> Change:
    return lambda event: None if event["type"] == "websocket.close" else event


def shouting(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.send" and event.get("text"):
            event["text"] = event["text"].upper()
        return event

    return change


def binary_as_text(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.send" and event.get("bytes") is not None:
            return {"type": "websocket.send", "text": event["bytes"].decode("latin-1")}
        return event

    return change


def without_subprotocol(scope: Scope) -> Change:
    return lambda event: {"type": event["type"]} if event["type"] == "websocket.accept" else event


def never_accepting(scope: Scope) -> Change:
    return lambda event: {"type": "websocket.close"} if event["type"] == "websocket.accept" else event


def reading(change: Callable[[Scope], Scope]) -> Callable[[App], App]:
    """A wrapper that changes the scope that the app is given."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(change(scope), receive, send)

        return wrong

    return wrap


def without_startup(inner: App) -> App:
    """Answers lifespan events without doing anything."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await inner(scope, receive, send)
        for name in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{name}.complete"})

    return wrong


def cut(data: bytes) -> bytes:
    return data[:-1]


def stuck(data: bytes) -> bytes:
    return b'{"counter": 7}' if data.startswith(b'{"counter"') else data


FAULTS: dict[str, Callable[[App], App]] = {
    "status": changing(wrong_status),
    "content-type": changing(wrong_content_type),
    "echo-cut": body(cut, "/echo"),
    "echo-upper": body(bytes.upper, "/echo"),
    "large-cut": body(cut, "/large"),
    "health-words": body(bytes.lower, "/health"),
    "headers-in-capitals": body(bytes.upper, "/headers"),
    "scope-in-capitals": body(bytes.upper, "/scope"),
    "echo-longer": body(lambda data: data + b"\n", "/echo"),
    "scope-type-lost": edits(without("type"), "/scope"),
    "scope-listed": edits(lambda value: [value], "/scope"),
    "state-time-as-text": edits(lambda value: {**value, "startup_time": str(value["startup_time"])}, "/lifespan/state"),
    "state-data-lost": edits(lambda value: {**value, "custom_data": {}}, "/lifespan/state"),
    "state-made-anew": edits(lambda value: {**value, "startup_time": time.time()}, "/lifespan/state"),
    "state-counter-lost": edits(lambda value: {**value, "counter": 0}, "/lifespan/state"),
    "streaming-out-of-order": body(replacing((b"chunk-3", b"chunk-4"), (b"chunk-4", b"chunk-3")), "/streaming"),
    "streaming-short": body(replacing((b"chunk-9\n", b"")), "/streaming"),
    "sse-without-event": body(replacing((b"event: message\n", b"")), "/sse"),
    "sse-data-as-text": body(replacing((b'{"count": 2}', b"two")), "/sse"),
    "sse-four-messages": body(replacing((b'event: message\ndata: {"count": 3}\n\n', b"")), "/sse"),
    "ws-scope-listed": sends(lambda value: [value], "/ws/scope"),
    "ws-scope-type-http": sends(lambda value: {**value, "type": "http"}, "/ws/scope"),
    "ws-scope-path-lost": sends(lambda value: {**value, "path": "/"}, "/ws/scope"),
    "ws-scope-headers-as-object": sends(lambda value: {**value, "headers": dict(value["headers"])}, "/ws/scope"),
    "ws-scope-keys-lost": sends(without("asgi"), "/ws/scope"),
    "ws-requested-lost": sends(lambda value: {**value, "requested": []}, "/ws/subprotocol"),
    "streaming-collected": changing(collected),
    "sse-without-done": changing(without_done),
    "counter-stuck": body(stuck, "/lifespan/counter"),
    "state-forgotten": without_startup,
    "scope-path-lost": reading(lambda scope: {**scope, "path": "/health"} if scope["type"] == "http" else scope),
    "query-lost": reading(lambda scope: {**scope, "query_string": b""} if "query_string" in scope else scope),
    "ws-upper": changing(shouting),
    "ws-binary-as-text": changing(binary_as_text),
    "ws-close-code-lost": changing(ignoring_close_code),
    "ws-close-swallowed": changing(swallowing_close),
    "ws-no-subprotocol": changing(without_subprotocol),
    "ws-never-accepts": changing(never_accepting),
    **obligations.FAULTS,
}


@functools.cache
def chosen() -> App:
    """The wrong application that the environment asks for. Raises KeyError where it asks for none."""
    module, _, attribute = os.environ["FAULTY_APP"].partition(":")
    inner = cast(App, getattr(importlib.import_module(module), attribute or "app"))
    return FAULTS[os.environ["FAULTY_FAULT"]](inner)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await chosen()(scope, receive, send)
