"""Faults of an application against the specification itself, which are seen without a server."""

from __future__ import annotations

from collections.abc import Mapping

from .base import App, Event, Receive, Scope, Send, Wrong

_started: list[bool] = []


def silent_on_unknown_types(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket", "lifespan"):
            await inner(scope, receive, send)

    return wrong


def reading_one_piece(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def first() -> Event:
            event = await receive()
            return {**event, "more_body": False} if event["type"] == "http.request" else event

        await inner(scope, first if scope.get("path") == "/echo" else receive, send)

    return wrong


def afraid_of_unknown_keys(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if any(key.startswith("x-") for key in scope):
            raise KeyError("an unknown key in the scope")
        await inner(scope, receive, send)

    return wrong


def naming_in_capitals(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def shouted(event: Event) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [(name.upper(), value) for name, value in event.get("headers", [])]}
            await send(event)

        await inner(scope, receive, shouted)

    return wrong


def translating_errors(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def translated(event: Event) -> None:
            try:
                await send(event)
            except OSError as error:
                raise LookupError("the client has gone") from error

        await inner(scope, receive, translated)

    return wrong


def needing_a_lifespan(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            _started.append(True)
        elif not _started:
            raise RuntimeError("this application has not been started")
        await inner(scope, receive, send)

    return wrong


def needing_a_scheme(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _ = scope["scheme"]
        await inner(scope, receive, send)

    return wrong


def leaving_without_a_word(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(event: Event) -> None:
            if event["type"] != "lifespan.shutdown.complete":
                await send(event)

        await inner(scope, receive, kept)

    return wrong


MUTANTS: Mapping[str, Wrong] = {
    "any-scope-type": Wrong("a scope of an unknown type is ignored", silent_on_unknown_types),
    "first-piece-only": Wrong("the first piece of a body is the body", reading_one_piece),
    "unknown-keys-raise": Wrong("an unknown key in the scope raises", afraid_of_unknown_keys),
    "names-in-capitals": Wrong("the names of headers are in capitals", naming_in_capitals),
    "send-error-translated": Wrong("an OSError of send() is raised as another exception", translating_errors),
    "lifespan-needed": Wrong("requests fail without a lifespan", needing_a_lifespan),
    "scheme-needed": Wrong("an optional key of the scope is needed", needing_a_scheme),
    "shutdown-unanswered": Wrong("lifespan.shutdown is not answered", leaving_without_a_word),
}
