"""Wrong apps: the bare app with one fault each, and the check that has to catch it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.frameworks.inprocess.calls import App

CONTROL = Path(__file__).parents[2] / "frameworks" / "control" / "app.py"

Message = dict[str, Any]
Change = Callable[[Message], list[Message]]


def control() -> ModuleType:
    """The module of the bare app, loaded again, so that no two apps share a worker's state."""
    spec = importlib.util.spec_from_file_location("control_app", CONTROL)
    assert spec is not None
    assert spec.loader is not None
    if str(CONTROL.parent) not in sys.path:
        sys.path.append(str(CONTROL.parent))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right() -> App:
    """The unchanged bare app."""
    app: App = control().app
    return app


def on(path: str, change: Change) -> App:
    """The bare app, with its messages on a path, or on those below it, passed through ``change``."""
    inner = right()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        async def changed(message: Message) -> None:
            for one in change(message):
                await send(one)

        ours = str(scope.get("path", scope["type"])).startswith(path)
        await inner(scope, receive, changed if ours else send)

    return app


def instead(path: str, app_of_path: Callable[[Message, Any, Any], Awaitable[None]]) -> App:
    """The bare app, with another application on a path, or for a type of scope."""
    inner = right()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        await (app_of_path if scope.get("path", scope["type"]) == path else inner)(scope, receive, send)

    return app


def with_keys(kind: str, **keys: Any) -> Change:
    """Messages of one type get other values."""
    return lambda message: [{**message, **keys} if message["type"] == kind else message]


def without_last(message: Message) -> list[Message]:
    """The response never ends."""
    last = message["type"] == "http.response.body" and not message.get("more_body", False)
    return [] if last else [message]


def twice(message: Message) -> list[Message]:
    return [message, message]


def nothing(message: Message) -> list[Message]:
    return []


def in_upper_case(message: Message) -> list[Message]:
    if "body" not in message:
        return [message]
    content = {name.upper(): value for name, value in json.loads(message["body"]).items()}
    body = json.dumps(content).encode()
    return [{**message, "body": body}]


def other_body(body: bytes) -> Change:
    return lambda message: [{**message, "body": body[: len(message["body"])]} if message.get("body") else message]


def other_type(content_type: bytes) -> Change:
    """Another content type, where there is one."""

    def change(message: Message) -> list[Message]:
        if "headers" not in message:
            return [message]
        headers = [(name, content_type if name == b"content-type" else value) for name, value in message["headers"]]
        return [{**message, "headers": headers}]

    return change


def other_text(text: str | None = None, data: bytes | None = None) -> Change:
    def change(message: Message) -> list[Message]:
        if message["type"] != "websocket.send":
            return [message]
        return [{"type": "websocket.send", **({"text": text} if text is not None else {"bytes": data})}]

    return change


async def silent(scope: Message, receive: Any, send: Any) -> None:
    """Waits for what never comes."""
    await asyncio.Event().wait()


async def raising(scope: Message, receive: Any, send: Any) -> None:
    raise ValueError("no")


async def impatient(scope: Message, receive: Any, send: Any) -> None:
    """Answers at once, whatever was asked for."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"Waited"})


async def all_at_once(scope: Message, receive: Any, send: Any) -> None:
    """Ten lines with no pause between them."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for number in range(10):
        await send({"type": "http.response.body", "body": b"chunk-%d\n" % number, "more_body": True})
    await send({"type": "http.response.body"})


async def first_message_only(scope: Message, receive: Any, send: Any) -> None:
    """Echoes what came in the first message, and asks for no other."""
    body = (await receive())["body"]
    declared = [pair for pair in scope["headers"] if pair[0] == b"content-type"]
    await send({"type": "http.response.start", "status": 200, "headers": declared})
    await send({"type": "http.response.body", "body": body})


def keyed(key: str) -> App:
    """The bare app, which requires a key of the scope."""
    inner = right()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            scope[key]
        await inner(scope, receive, send)

    return app


WRONG: dict[str, tuple[Callable[[], App], str]] = {
    # name: the app, and the id of a check that must fail
    "another-text": (lambda: on("/health", other_body(b"KO")), "GET /health: says OK"),
    "another-type": (lambda: on("/health", other_type(b"text/html")), "GET /health: says OK"),
    "two-starts": (lambda: on("/health", twice), "GET /health: says OK"),
    "never-ends": (lambda: on("/health", without_last), "GET /health: says OK"),
    "never-answers": (lambda: instead("/health", silent), "GET /health: says OK"),
    "raises": (lambda: instead("/health", raising), "GET /health: says OK"),
    "body-as-text": (lambda: on("/health", with_keys("http.response.body", body="OK")), "GET /health: says OK"),
    "needs-the-client": (lambda: keyed("client"), "GET /health: without client"),
    "scope-is-no-object": (lambda: on("/scope", other_body(b"0" * 9999)), "GET /scope: shows the scope"),
    "nothing-below-scope": (lambda: instead("/scope/a b/\u00e9", raising), "GET /scope: and below it"),
    "first-message-only": (lambda: instead("/echo", first_message_only), "POST /echo: 100 KiB in pieces"),
    "echo-of-its-own-type": (lambda: on("/echo", other_type(b"text/plain")), "POST /echo: nothing"),
    "header-names": (lambda: on("/headers", in_upper_case), "GET /headers: shows what was sent, in lower case"),
    "always-200": (lambda: on("/status", with_keys("http.response.start", status=200)), "GET /status/{code}: 503"),
    "status-as-text": (
        lambda: on("/status", with_keys("http.response.start", status="503")),
        "GET /status/{code}: 503",
    ),
    "lines-at-once": (lambda: instead("/streaming", all_at_once), "GET /streaming: ten lines, 10 ms apart"),
    "events-of-another-kind": (lambda: on("/sse", other_type(b"text/plain")), "GET /sse: six events, 10 ms apart"),
    "event-lost": (lambda: on("/sse", other_body(b"event: done\n\n")), "GET /sse: six events, 10 ms apart"),
    "large-of-y": (lambda: on("/large", other_body(b"y" * 65536)), "GET /large: 65537 bytes"),
    "no-delay": (lambda: instead("/delay", impatient), "GET /delay: a quarter of a second"),
    "no-startup-time": (
        lambda: on("/lifespan/state", in_upper_case),
        "GET /lifespan/state: what startup left",
    ),
    "counts-nothing": (
        lambda: on("/lifespan/counter", other_body(b'{"counter": 1}')),
        "GET /lifespan/counter: one more each time",
    ),
    "startup-fails": (lambda: instead("lifespan", raising), "lifespan: startup completes"),
    "shutdown-unanswered": (
        lambda: on("lifespan", lambda message: [message] if "startup" in message["type"] else []),
        "lifespan: shutdown completes",
    ),
    "another-message": (lambda: on("/ws/echo", other_text("other")), "WS /ws/echo: one text"),
    "text-as-bytes": (lambda: on("/ws/echo", other_text(data=b"Howdy")), "WS /ws/echo: one text"),
    "bytes-as-text": (lambda: on("/ws/echo-binary", other_text("c")), "WS /ws/echo-binary: three in turn"),
    "stays-on": (lambda: instead("/ws/echo", silent), "WS /ws/echo: no message at all"),
    "talks-too-much": (lambda: on("/ws/echo", twice), "WS /ws/echo: one text"),
    "ws-scope-is-no-object": (lambda: on("/ws/scope", other_text("[]")), "WS /ws/scope: shows the scope, and closes"),
    "scope-stays-open": (
        lambda: on("/ws/scope", lambda message: [] if message["type"] == "websocket.close" else [message]),
        "WS /ws/scope: shows the scope, and closes",
    ),
    "no-subprotocol": (
        lambda: on("/ws/subprotocol", with_keys("websocket.accept", subprotocol=None)),
        "WS /ws/subprotocol: the first of two",
    ),
    "always-1000": (lambda: on("/ws/close", with_keys("websocket.close", code=1000)), "WS /ws/close: 1001"),
}
