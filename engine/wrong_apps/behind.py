"""Faults behind something of a framework: middleware, CORS, a response that was sent, the name of a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from .base import App, Change, Event, Receive, Scope, Send, Wrap, Wrong, changing, reading
from .features import as_status, deaf

START, BODY, TRAILERS = "http.response.start", "http.response.body", "http.response.trailers"
ORIGIN = b"https://app.example"
SHARED = b"access-control-allow-origin"
Pairs = list[tuple[bytes, bytes]]


def at(wrap: Wrap, *paths: str) -> Wrap:
    """A fault at some paths only."""

    def limited(inner: App) -> App:
        other = wrap(inner)

        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            mine = scope["type"] == "http" and scope["path"].startswith(paths)
            await (other if mine else inner)(scope, receive, send)

        return wrong

    return limited


def passing(wrap: Wrap) -> Wrap:
    return at(wrap, "/passed/")


def pairs(change: Callable[[Scope, Pairs], Pairs], *paths: str) -> Wrap:
    """A change of the fields of a response, with the scope of its request."""

    def make(scope: Scope) -> Change:
        mine = scope["type"] == "http" and scope["path"].startswith(paths)

        def changed(event: Event) -> Event:
            if not mine or event["type"] != START:
                return event
            return {**event, "headers": change(scope, [(bytes(k), bytes(v)) for k, v in event.get("headers", [])])}

        return changed

    return changing(make)


def field(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key.lower() == name), b"")


def without(found: Pairs, *names: bytes) -> Pairs:
    return [pair for pair in found if pair[0].lower() not in names]


# Middleware


def buffering(inner: App) -> App:
    """A response is sent when it is complete."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        kept: list[Event] = []

        async def keep(event: Event) -> None:
            kept.append(event)

        await inner(scope, receive, keep)
        for event in kept:
            await send(event)

    return wrong


def bodiless(inner: App) -> App:
    """The body that the function has read is lost."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def nothing() -> Event:
            message = await receive()
            while message["type"] == "http.request" and message.get("more_body"):
                message = await receive()
            return {"type": "http.request"} if message["type"] == "http.request" else message

        await inner(scope, nothing, send)

    return wrong


def one_piece(inner: App) -> App:
    """Only the first piece of a body passes."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def first() -> Event:
            return {**await receive(), "more_body": False}

        await inner(scope, first, send)

    return wrong


def cut_complete(inner: App) -> App:
    """A disconnect ends a body."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def ended() -> Event:
            message = await receive()
            return {"type": "http.request"} if message["type"] == "http.disconnect" else message

        await inner(scope, ended, send)

    return wrong


def needing(key: str, kind: str) -> Wrap:
    """A message that lacks a key raises KeyError."""

    def make(scope: Scope) -> Change:
        def changed(event: Event) -> Event:
            if event["type"] == kind:
                _ = event[key]
            return event

        return changed

    return changing(make)


def dropping(*kinds: str) -> Wrap:
    return changing(lambda scope: lambda event: None if event["type"] in kinds else event)


def said(event: Event) -> Event:
    """A piece of a body that is the text of the exception."""
    return {**event, "body": b"words of the handler"} if event["type"] == BODY else event


def telling(inner: App) -> App:
    wrapped: App = changing(lambda scope: said)(inner)
    return wrapped


def once_a_name(scope: Scope, found: Pairs) -> Pairs:
    return list(dict(found).items())


def swallowing(inner: App) -> App:
    """An OSError of send() passes for success."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def quiet(event: Event) -> None:
            try:
                await send(event)
            except OSError:
                return

        await inner(scope, receive, quiet)

    return wrong


def completing(inner: App) -> App:
    """A response whose handler has failed is ended."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(event: Event) -> None:
            nonlocal begun
            begun = begun or event["type"] == BODY
            await send(event)

        try:
            await inner(scope, receive, noted)
        except RuntimeError:
            if begun and not scope["path"].endswith("/raises"):
                await send({"type": BODY, "body": b""})
            raise

    return wrong


# Work behind a response


def working(early: bool, stopping: bool) -> Wrap:
    """The last message of a response waits for the work, or the work begins at once, or it ends with the connection."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            events: list[Event] = []
            complete = asyncio.Event()

            async def keep(event: Event) -> None:
                if early or stopping or (event["type"] == BODY and not event.get("more_body")):
                    events.append(event)
                else:
                    await send(event)
                if event["type"] == BODY and not event.get("more_body"):
                    complete.set()

            if not early and not stopping:
                await inner(scope, receive, keep)
                for event in events:
                    await send(event)
                return
            task = asyncio.ensure_future(inner(scope, receive, keep))
            await asyncio.wait([task, asyncio.ensure_future(complete.wait())], return_when=asyncio.FIRST_COMPLETED)
            for event in events:
                await send(event)
            gone = asyncio.ensure_future(left(receive)) if stopping else None
            await asyncio.wait([task, gone] if gone else [task], return_when=asyncio.FIRST_COMPLETED)
            task.cancel()

        return wrong

    return at(wrap, "/background/", "/passed/background/")


async def left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


# CORS


def sharing(allowed: Callable[[bytes], bool]) -> Wrap:
    """Responses, and preflights, are shared with more origins."""

    def change(scope: Scope, found: Pairs) -> Pairs:
        origin = field(scope, b"origin")
        if not allowed(origin) or any(name == SHARED for name, _ in found):
            return found
        return [*found, (SHARED, origin), (b"access-control-allow-credentials", b"true")]

    return pairs(change, "/cors/")


def as_star(scope: Scope, found: Pairs) -> Pairs:
    return [(name, b"*" if name == SHARED else value) for name, value in found]


def vary_as_origin(scope: Scope, found: Pairs) -> Pairs:
    if not any(name == SHARED for name, _ in found):
        return found
    return [*without(found, b"vary"), (b"vary", b"Origin")]


def vary_if_shared(scope: Scope, found: Pairs) -> Pairs:
    if any(name == SHARED for name, _ in found):
        return found
    return [pair for pair in found if pair != (b"vary", b"origin")]


def no_vary_of_preflights(scope: Scope, found: Pairs) -> Pairs:
    return without(found, b"vary") if scope["method"] == "OPTIONS" else found


def unshared_errors(scope: Scope, found: Pairs) -> Pairs:
    return without(found, SHARED) if any(name == b"allow" for name, _ in found) else found


def preflights(change: Callable[[Scope], Scope]) -> Wrap:
    """The app sees another preflight."""
    return at(reading(lambda scope: change(scope) if scope["method"] == "OPTIONS" else scope), "/cors/")


def asks(**words: bytes) -> Callable[[Scope], Scope]:
    """A preflight with other values of its fields."""
    named = {f"access-control-request-{name}".encode(): value for name, value in words.items()}
    return lambda scope: {
        **scope,
        "headers": [(name, named.get(bytes(name), value)) for name, value in scope["headers"]],
    }


def repeating(scope: Scope, found: Pairs) -> Pairs:
    """The answer to a preflight allows the requested method and fields."""
    if scope["method"] != "OPTIONS" or not any(name == SHARED for name, _ in found):
        return found
    names = (b"methods", b"headers")
    kept = without(found, *(b"access-control-allow-" + name for name in names))
    asked = (field(scope, b"access-control-request-method"), field(scope, b"access-control-request-headers"))
    return [*kept, *((b"access-control-allow-" + name, value) for name, value in zip(names, asked, strict=True))]


def first_lines(scope: Scope) -> Scope:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found.setdefault(bytes(name), value)
    return {**scope, "headers": list(found.items())}


def all_lines_allowed(scope: Scope, found: Pairs) -> Pairs:
    """Every line of the asked headers is allowed, of which only the first was compared."""
    if scope["method"] != "OPTIONS":
        return found
    lines = [bytes(value) for name, value in scope["headers"] if name == b"access-control-request-headers"]
    return [*found, *((b"access-control-allow-headers", line) for line in lines[1:])]


def to_the_handler(scope: Scope) -> Scope:
    return {**scope, "method": "GET"}


def strict_case(scope: Scope) -> Scope:
    """Asked headers are compared with X-Asked."""
    value = field(scope, b"access-control-request-headers")
    return asks(headers=b"x-none")(scope) if value == b"x-asked" else scope


def origin_alone(scope: Scope) -> Scope:
    """A preflight needs Access-Control-Request-Headers."""
    if b"access-control-request-headers" in dict(scope["headers"]):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"access-control-request-method"]}


def needing_an_origin(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        _ = dict(scope["headers"])[b"origin"]
        await inner(scope, receive, send)

    return wrong


# Names of files


def named(form: Callable[[str], str]) -> Wrap:
    """Another Content-Disposition; the function has the name."""

    def change(scope: Scope, found: Pairs) -> Pairs:
        name = parse_qs(scope["query_string"].decode("latin-1")).get("name", [""])[0]
        value = f"attachment; {form(name)}".encode()
        return [*without(found, b"content-disposition"), (b"content-disposition", value)]

    return pairs(change, "/download")


def answering(status: int, body: bytes, asked: Callable[[Scope], bool]) -> Wrap:
    """Some requests have another answer."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and asked(scope):
                await send({"type": START, "status": status, "headers": []})
                await send({"type": BODY, "body": body})
            else:
                await inner(scope, receive, send)

        return wrong

    return wrap


def failing(asked: Callable[[Scope], bool]) -> Wrap:
    """Some requests raise."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and asked(scope):
                raise NotADirectoryError(scope["path"])
            await inner(scope, receive, send)

        return wrong

    return wrap


def posts_as_gets(scope: Scope) -> bool:
    return bool(scope["path"] == "/download" and scope["method"] == "POST" and field(scope, b"range"))


def beside(scope: Scope) -> bool:
    return bool(re.fullmatch(r"/files(/\.\./files)?/?-beside/secret\.txt", scope["path"]))


# Files that the server sends


def path_sent(path: str = "/tmp/digits.txt", offered: bool = True, body: bool = False, always: bool = False) -> Wrap:
    """The bytes of a file are replaced by its path."""

    def make(scope: Scope) -> Change:
        offers = "http.response.pathsend" in (scope.get("extensions") or {})
        mine = scope.get("path", "").startswith(("/files/", "/compressed/files/")) and offers == offered
        state: dict[str, Any] = {}

        def changed(event: Event) -> Event | None:
            if not mine:
                return event
            if event["type"] == START:
                state.update(event)
                return event
            if state.get("status") != 200 and not always:
                return event
            if event.get("more_body"):
                return event if body else None
            return {"type": "http.response.pathsend", "path": path}

        return changed

    return changing(make)


# Compression


def unflushed(scope: Scope) -> Change:
    """Nothing but the head of gzip leaves the compressor before the end."""
    mine = scope.get("path", "").startswith("/compressed/") and b"gzip" in field(scope, b"accept-encoding")
    kept: list[bytes] = []

    def changed(event: Event) -> Event:
        if not mine or event["type"] != BODY:
            return event
        kept.append(event.get("body", b""))
        if event.get("more_body"):
            return {**event, "body": b""}
        return {**event, "body": b"".join(kept)}

    return changed


def one_vary_line(scope: Scope, found: Pairs) -> Pairs:
    """The first line of Vary takes the place of all."""
    lines = [value for name, value in found if name.lower() == b"vary"]
    return [*without(found, b"vary"), *([(b"vary", b", ".join([lines[0], b"Accept-Encoding"]))] if lines else [])]


def allow(change: Callable[[bytes], bytes | None], *paths: str) -> Wrap:
    def changed(scope: Scope, found: Pairs) -> Pairs:
        pairs = [(name, change(value) if name == b"allow" else value) for name, value in found]
        return [(name, value) for name, value in pairs if value is not None]

    return pairs(changed, *paths)


MUTANTS: Mapping[str, Wrong] = {
    "passed-when-complete": Wrong("a function of middleware passes a response when it is complete", passing(buffering)),
    "passed-without-its-body": Wrong(
        "a body that a function of middleware has read is lost", at(bodiless, "/passed/read")
    ),
    "passed-in-one-piece": Wrong("a function of middleware passes the first piece of a body", passing(one_piece)),
    "passed-headers-once": Wrong(
        "a function of middleware passes the last header of a name", pairs(once_a_name, "/passed/")
    ),
    "passed-errors-as-200": Wrong(
        "an exception behind a function of middleware leads to status 200", as_status(500, 200, "/passed/")
    ),
    "passed-errors-told": Wrong(
        "the text of an exception behind a function of middleware is in the response", at(telling, "/passed/raises")
    ),
    "passed-http-errors-as-500": Wrong(
        "an HTTP error behind a function of middleware leads to status 500", as_status(403, 500, "/passed/")
    ),
    "passed-client-leaving-unheard": Wrong(
        "a stream behind a function of middleware does not hear that the client has left", passing(deaf)
    ),
    "passed-send-errors-swallowed": Wrong(
        "an OSError of send() does not end a stream behind a function of middleware", passing(swallowing)
    ),
    "passed-cut-body-complete": Wrong(
        "a body that is cut off is complete behind a function of middleware",
        passing(cut_complete),
    ),
    "passed-headers-needed": Wrong(
        "a function of middleware needs the headers of a start",
        failing(lambda scope: scope["path"] == "/passed/mounted/no-headers"),
    ),
    "passed-body-needed": Wrong(
        "a function of middleware needs the body of a message", at(needing("body", BODY), "/passed/mounted/")
    ),
    "passed-hint-lost": Wrong(
        "a function of middleware loses an early hint", passing(dropping("http.response.early_hint"))
    ),
    "passed-trailers-lost": Wrong(
        "a function of middleware loses the trailers that it announces", passing(dropping(TRAILERS))
    ),
    "failed-response-completed": Wrong(
        "a response whose handler fails is ended as a complete one",
        at(completing, "/fails", "/passed/", "/compressed/"),
    ),
    "work-before-the-end": Wrong("the end of a response waits for the work behind it", working(False, False)),
    "work-before-it-is-sent": Wrong("the work behind a response begins before it is sent", working(True, False)),
    "work-ends-with-the-connection": Wrong("the work behind a response ends with the connection", working(False, True)),
    "cors-for-all": Wrong("a response is shared with every origin", sharing(bool)),
    "cors-by-its-beginning": Wrong(
        "an origin is compared by its beginning", sharing(lambda origin: origin.startswith(ORIGIN))
    ),
    "cors-by-its-end": Wrong(
        "an origin is compared by its end", sharing(lambda origin: origin.endswith(b"app.example"))
    ),
    "cors-by-an-expression": Wrong(
        "an origin is a regular expression",
        sharing(lambda origin: bool(re.match(rb"https://app.example$", origin))),
    ),
    "cors-for-null": Wrong("a response is shared with the origin null", sharing(lambda origin: origin == b"null")),
    "cors-for-lists": Wrong("the allowed origin may be in a list", sharing(lambda origin: ORIGIN in origin)),
    "cors-first-line": Wrong(
        "each line of Origin is repeated",
        pairs(
            lambda scope, found: [
                *found,
                *((SHARED, bytes(v)) for k, v in scope["headers"] if k == b"origin" and b"evil.example" in v),
            ],
            "/cors/",
        ),
    ),
    "cors-as-a-star": Wrong("a response with credentials is shared with all", pairs(as_star, "/cors/")),
    "cors-unshared": Wrong("no response is shared", pairs(lambda scope, found: without(found, SHARED), "/cors/")),
    "cors-without-credentials": Wrong(
        "credentials are not allowed",
        pairs(lambda scope, found: without(found, b"access-control-allow-credentials"), "/cors/"),
    ),
    "cors-exposes-nothing": Wrong(
        "no header is exposed",
        pairs(lambda scope, found: without(found, b"access-control-expose-headers"), "/cors/"),
    ),
    "cors-needs-an-origin": Wrong("a request without Origin fails", at(needing_an_origin, "/cors/")),
    "cors-vary-replaced": Wrong("CORS replaces Vary", pairs(vary_as_origin, "/cors/")),
    "cors-vary-if-shared": Wrong("Vary names Origin only in shared responses", pairs(vary_if_shared, "/cors/")),
    "cors-no-vary": Wrong(
        "Vary does not name Origin",
        pairs(lambda scope, found: [pair for pair in found if pair != (b"vary", b"origin")], "/cors/"),
    ),
    "cors-no-vary-of-preflights": Wrong("a preflight has no Vary", pairs(no_vary_of_preflights, "/cors/")),
    "cors-errors-unshared": Wrong("an error is not shared", pairs(unshared_errors, "/cors/")),
    "preflight-not-found": Wrong("a preflight is not found", preflights(lambda scope: {**scope, "path": "/nothing"})),
    "preflight-allows-what-it-asks-for": Wrong("a preflight allows what it asks for", pairs(repeating, "/cors/")),
    "preflight-first-line": Wrong(
        "only the first line of a preflight's headers is compared",
        lambda inner: pairs(all_lines_allowed, "/cors/")(preflights(first_lines)(inner)),
    ),
    "preflight-headers-with-case": Wrong("the headers of a preflight have a case", preflights(strict_case)),
    "preflight-needs-headers": Wrong("a preflight has to ask for headers", preflights(origin_alone)),
    "preflight-to-the-handler": Wrong("a preflight reaches the handler", preflights(to_the_handler)),
    "download-name-unescaped": Wrong("the name of a file is not escaped", named(lambda name: f'filename="{name}"')),
    "download-name-unquoted": Wrong("the name of a file has no quotes", named(lambda name: f"filename={name}")),
    "download-name-lost": Wrong("an attachment has the name of its file", named(lambda name: 'filename="digits.txt"')),
    "download-name-decoded": Wrong(
        "the name of a file is decoded twice", named(lambda name: f'filename="{unquote(name)}"')
    ),
    "download-range-of-a-post": Wrong("Range counts in a POST request", answering(206, b"0123456789", posts_as_gets)),
    "download-cut": Wrong(
        "an attachment is cut",
        answering(200, b"0123456789", lambda scope: scope["path"] == "/download" and scope["method"] == "POST"),
    ),
    "files-beside": Wrong("a folder whose name goes on is served", answering(200, b"not for everyone\n", beside)),
    "files-below-a-file": Wrong(
        "a path below a file raises", failing(lambda scope: scope["path"].startswith("/files/digits.txt/"))
    ),
    "files-posts-fail": Wrong(
        "a POST of a file raises",
        failing(
            lambda scope: scope["path"].startswith("/files/") and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        ),
    ),
    "files-allow-lost": Wrong("a 405 of a file has no Allow", allow(lambda value: None, "/files/")),
    "allow-without-head": Wrong(
        "Allow does not name HEAD", allow(lambda value: value.replace(b", HEAD", b""), "/health", "/view")
    ),
    "path-sent-unasked": Wrong("a path is sent that the server did not offer to send", path_sent(offered=False)),
    "path-sent-relative": Wrong("a path that is sent is relative", path_sent("files/digits.txt")),
    "path-sent-with-bytes": Wrong("a path is sent behind bytes", path_sent(body=True)),
    "path-sent-for-a-part": Wrong("a path is sent for a part of a file, and for a 304", path_sent(always=True)),
    "compressor-unflushed": Wrong("a compressor keeps what it has until the end", changing(unflushed)),
    "vary-of-one-line": Wrong("compression keeps the first line of Vary", pairs(one_vary_line, "/compressed/")),
}
