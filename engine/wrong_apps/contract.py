"""Faults in the endpoints of the contract, as an application or a framework makes them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from .base import (
    PROBE,
    App,
    Change,
    Event,
    Receive,
    Scope,
    Send,
    Wrong,
    body,
    changing,
    edits,
    reading,
    replacing,
    sends,
    starts,
    without,
)


def wrong_status(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "http.response.start" and scope["path"] != PROBE:
            event["status"] = 200 if event["status"] != 200 else 202
        return event

    return change


def wrong_content_type(event: Event) -> Event:
    named = [pair for pair in event.get("headers", []) if pair[0].lower() != b"content-type"]
    return {**event, "headers": [*named, (b"content-type", b"application/x-wrong")]}


def without_content_type(event: Event) -> Event:
    return {**event, "headers": [pair for pair in event.get("headers", []) if pair[0].lower() != b"content-type"]}


def errors_are_200(event: Event) -> Event:
    return {**event, "status": 200 if event["status"] >= 400 else event["status"]}


def errors_are_500(event: Event) -> Event:
    return {**event, "status": 500 if event["status"] >= 400 else event["status"]}


def redirects_are_302(event: Event) -> Event:
    return {**event, "status": 302 if event["status"] == 301 else event["status"]}


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


def sending_once(scope: Scope) -> Change:
    sent: list[Event] = []

    def change(event: Event) -> Event | None:
        if event["type"] == "websocket.send":
            sent.append(event)
        return event if event["type"] != "websocket.send" or len(sent) == 1 else None

    return change


def sending_twice(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.send" and event.get("text") is not None:
            event["text"] *= 2
        return event

    return change


def binary_as_text(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.send" and event.get("bytes") is not None:
            return {"type": "websocket.send", "text": event["bytes"].decode("latin-1")}
        return event

    return change


def text_as_binary(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.send" and event.get("text") is not None:
            return {"type": "websocket.send", "bytes": event["text"].encode()}
        return event

    return change


def without_subprotocol(scope: Scope) -> Change:
    return lambda event: {"type": event["type"]} if event["type"] == "websocket.accept" else event


def last_subprotocol(scope: Scope) -> Change:
    def change(event: Event) -> Event:
        if event["type"] == "websocket.accept" and scope["subprotocols"]:
            event["subprotocol"] = scope["subprotocols"][-1]
        return event

    return change


def never_accepting(scope: Scope) -> Change:
    return lambda event: {"type": "websocket.close"} if event["type"] == "websocket.accept" else event


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


MUTANTS: Mapping[str, Wrong] = {
    "status": Wrong("every status is another one", changing(wrong_status)),
    "errors-are-200": Wrong("an error has the status 200", starts(errors_are_200)),
    "errors-are-500": Wrong("every error has the status 500", starts(errors_are_500)),
    "redirects-are-302": Wrong("301 becomes 302", starts(redirects_are_302)),
    "content-type": Wrong("every response has another Content-Type", starts(wrong_content_type)),
    "no-content-type": Wrong("no response has a Content-Type", starts(without_content_type)),
    "echo-cut": Wrong("the last byte of an echo is lost", body(cut, "/echo")),
    "echo-upper": Wrong("an echo is in capitals", body(bytes.upper, "/echo")),
    "echo-longer": Wrong("an echo ends in a line feed", body(lambda data: data + b"\n", "/echo")),
    "echo-utf-8": Wrong(
        "bytes of an echo that are no UTF-8 are replaced",
        body(lambda data: data.decode("utf-8", "replace").encode(), "/echo"),
    ),
    "large-cut": Wrong("the last byte of a large response is lost", body(cut, "/large")),
    "health-words": Wrong("the answer about health is in lower case", body(bytes.lower, "/health")),
    "headers-in-capitals": Wrong("the headers that are shown are in capitals", body(bytes.upper, "/headers")),
    "scope-in-capitals": Wrong("the scope that is shown is in capitals", body(bytes.upper, "/scope")),
    "scope-type-lost": Wrong("the scope that is shown has no type", edits(without("type"), "/scope")),
    "scope-listed": Wrong("the scope that is shown is in a list", edits(lambda value: [value], "/scope")),
    "state-time-as-text": Wrong(
        "the time of the startup is text",
        edits(lambda value: {**value, "startup_time": str(value["startup_time"])}, "/lifespan/state"),
    ),
    "state-data-lost": Wrong(
        "the data of the startup are lost", edits(lambda value: {**value, "custom_data": {}}, "/lifespan/state")
    ),
    "state-made-anew": Wrong(
        "the state is made again for each request",
        edits(lambda value: {**value, "startup_time": time.time()}, "/lifespan/state"),
    ),
    "state-counter-lost": Wrong(
        "the counter in the state is always 0", edits(lambda value: {**value, "counter": 0}, "/lifespan/state")
    ),
    "state-forgotten": Wrong("the startup does nothing", without_startup),
    "counter-stuck": Wrong("the counter does not count", body(stuck, "/lifespan/counter")),
    "streaming-out-of-order": Wrong(
        "two lines of a stream change places",
        body(replacing((b"chunk-3", b"chunk-4"), (b"chunk-4", b"chunk-3")), "/streaming"),
    ),
    "streaming-short": Wrong("the last line of a stream is lost", body(replacing((b"chunk-9\n", b"")), "/streaming")),
    "streaming-collected": Wrong("a stream is sent in one piece at its end", changing(collected)),
    "sse-without-event": Wrong("server-sent events have no name", body(replacing((b"event: message\n", b"")), "/sse")),
    "sse-data-as-text": Wrong("the data of an event are no JSON", body(replacing((b'{"count": 2}', b"two")), "/sse")),
    "sse-four-messages": Wrong(
        "an event is lost", body(replacing((b'event: message\ndata: {"count": 3}\n\n', b"")), "/sse")
    ),
    "sse-without-done": Wrong("the last event is lost", changing(without_done)),
    "scope-path-lost": Wrong(
        "every request is routed to one path",
        reading(lambda scope: {**scope, "path": "/health"} if scope["type"] == "http" else scope),
    ),
    "query-lost": Wrong(
        "the query is not read",
        reading(lambda scope: {**scope, "query_string": b""} if "query_string" in scope else scope),
    ),
    "ws-scope-listed": Wrong("a WebSocket's scope is in a list", sends(lambda value: [value], "/ws/scope")),
    "ws-scope-type-http": Wrong(
        "a WebSocket's scope has the type http", sends(lambda value: {**value, "type": "http"}, "/ws/scope")
    ),
    "ws-scope-path-lost": Wrong(
        "a WebSocket's scope has another path", sends(lambda value: {**value, "path": "/"}, "/ws/scope")
    ),
    "ws-scope-headers-as-object": Wrong(
        "the headers of a WebSocket are an object",
        sends(lambda value: {**value, "headers": dict(value["headers"])}, "/ws/scope"),
    ),
    "ws-scope-keys-lost": Wrong("a WebSocket's scope has no asgi", sends(without("asgi"), "/ws/scope")),
    "ws-requested-lost": Wrong(
        "the subprotocols of the client are lost", sends(lambda value: {**value, "requested": []}, "/ws/subprotocol")
    ),
    "ws-upper": Wrong("texts come back in capitals", changing(shouting)),
    "ws-first-only": Wrong("only the first message comes back", changing(sending_once)),
    "ws-doubled": Wrong("texts come back doubled", changing(sending_twice)),
    "ws-binary-as-text": Wrong("binary messages come back as text", changing(binary_as_text)),
    "ws-text-as-binary": Wrong("texts come back as binary messages", changing(text_as_binary)),
    "ws-close-code-lost": Wrong("a close has no code", changing(ignoring_close_code)),
    "ws-close-swallowed": Wrong("a close is not sent", changing(swallowing_close)),
    "ws-no-subprotocol": Wrong("no subprotocol is selected", changing(without_subprotocol)),
    "ws-last-subprotocol": Wrong("the last subprotocol of the client is selected", changing(last_subprotocol)),
    "ws-never-accepts": Wrong("every WebSocket is refused", changing(never_accepting)),
}
