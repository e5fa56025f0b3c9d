"""Faults of frameworks: in files, conditions, compression, limits, methods, cookies, errors and sparse messages.

The files are those of the contract, so that a fault may know their size.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
from collections.abc import Callable, Mapping

from .base import App, Change, Event, Receive, Scope, Send, Wrap, Wrong, body, changing, reading, starts

START, BODY = "http.response.start", "http.response.body"
SPAN = re.compile(rb"bytes (\d+)-(\d+)/(\d+)")


def fields(change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> Callable[[Event], Event]:
    """A change of the fields of a start, each of which occurs once."""
    return lambda event: {**event, "headers": list(change(dict(event.get("headers", []))).items())}


def asking(change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> Wrap:
    """A change of the fields of a request, each of which occurs once."""
    return reading(
        lambda scope: (
            {**scope, "headers": list(change(dict(scope["headers"])).items())} if "headers" in scope else scope
        )
    )


def without_field(*names: bytes) -> Wrap:
    """The app does not see these fields."""
    return asking(lambda found: {name: value for name, value in found.items() if name not in names})


def replaced(name: bytes, change: Callable[[bytes], bytes]) -> Wrap:
    """The app sees another value of a field."""
    return asking(lambda found: {key: change(value) if key == name else value for key, value in found.items()})


def end_too_small(found: dict[bytes, bytes]) -> dict[bytes, bytes]:
    match = SPAN.fullmatch(found.get(b"content-range", b""))
    if match and int(match[2]) > int(match[1]):
        found[b"content-range"] = b"bytes %d-%d/%d" % (int(match[1]), int(match[2]) - 1, int(match[3]))
    return found


def unknown_length(found: dict[bytes, bytes]) -> dict[bytes, bytes]:
    if b"content-range" in found:
        found[b"content-range"] = found[b"content-range"].rpartition(b"/")[0] + b"/*"
    return found


def whole_length(found: dict[bytes, bytes]) -> dict[bytes, bytes]:
    match = SPAN.fullmatch(found.get(b"content-range", b""))
    if match:
        found[b"content-length"] = match[3]
    return found


def as_status(old: int, new: int, *paths: str) -> Wrap:
    """Responses of one status get another."""
    return starts(lambda event: {**event, "status": new if event["status"] == old else event["status"]}, *paths)


def lacking(*names: bytes, paths: tuple[str, ...] = ("/files/", "/compressed/")) -> Wrap:
    """Responses without these fields."""
    return starts(fields(lambda found: {name: value for name, value in found.items() if name not in names}), *paths)


def on_status(status: int, change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]], *paths: str) -> Wrap:
    """A change of the fields of responses of one status."""
    return starts(lambda event: fields(change)(event) if event["status"] == status else event, *paths)


def adding(name: bytes, value: bytes) -> Callable[[dict[bytes, bytes]], dict[bytes, bytes]]:
    return lambda found: {**found, name: value}


def refusing(name: bytes, status: int, *paths: str) -> Wrap:
    """A request with a field is refused."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].startswith(paths) and name in dict(scope["headers"]):
                await send({"type": START, "status": status, "headers": []})
                await send({"type": BODY, "body": b""})
            else:
                await inner(scope, receive, send)

        return wrong

    return wrap


def compressing_parts(inner: App) -> App:
    """All of a response is compressed, whatever its status and coding."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("path", "").startswith("/compressed/") or b"gzip" not in dict(scope["headers"]).get(
            b"accept-encoding", b""
        ):
            await inner(scope, receive, send)
            return
        start: Event = {}
        pieces: list[bytes] = []

        async def collected(event: Event) -> None:
            if event["type"] == START:
                start.update(event)
            elif event["type"] == BODY:
                pieces.append(event.get("body", b""))
                if not event.get("more_body"):
                    packed = gzip.compress(b"".join(pieces))
                    found = {**dict(start.get("headers", [])), b"content-encoding": b"gzip"}
                    found[b"content-length"] = b"%d" % len(packed)
                    await send({**start, "headers": list(found.items())})
                    await send({"type": BODY, "body": packed})

        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await inner({**scope, "headers": plain}, receive, collected)

    return wrong


def only(kinds: tuple[str, ...], *paths: str) -> Wrap:
    """Messages of other types are dropped."""

    def make(scope: Scope) -> Change:
        mine = scope.get("path", "").startswith(paths)
        return lambda event: event if not mine or event["type"] in kinds else None

    return changing(make)


def requiring(key: str, inside: Callable[[Event], bool]) -> Wrap:
    """A message that lacks a key raises KeyError."""

    def make(scope: Scope) -> Change:
        def changed(event: Event) -> Event:
            if inside(event) and scope.get("path", "").startswith(("/mounted/", "/compressed/mounted/")):
                _ = event[key]
            return event

        return changed

    return changing(make)


def requiring_of_scope(*keys: str) -> Wrap:
    """The scope has to have these keys, with values."""

    def change(scope: Scope) -> Scope:
        for key in keys:
            found: object = scope
            for part in key.split("."):
                found = found[part]  # type: ignore[index]
            if found is None:
                raise TypeError(f"{key} is None")
        return scope

    return reading(change)


def requiring_of_messages(*keys: str, kind: str) -> Wrap:
    """Each message of a type that is received has to have these keys."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            async def strict() -> Event:
                message = await receive()
                if message["type"] == kind:
                    for key in keys:
                        _ = message[key]
                return message

            await inner(scope, strict, send)

        return wrong

    return wrap


def deaf(inner: App) -> App:
    """The app does not hear that the client has left."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def never() -> Event:
            message = await receive()
            if message["type"] == "http.disconnect":
                await asyncio.Event().wait()
            return message

        await inner(scope, never, send)

    return wrong


def newest_assumed(inner: App) -> App:
    """The app assumes the newest version where the scope names none, so it waits for send() to raise."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        named = "spec_version" in scope.get("asgi", {})
        await (inner if named else deaf(inner))(scope, receive, send)

    return wrong


def complete_at_a_disconnect(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def ended() -> Event:
            message = await receive()
            return {"type": "http.request"} if message["type"] == "http.disconnect" else message

        await inner(scope, ended if scope.get("path") == "/echo" else receive, send)

    return wrong


def unlimited(declared_only: bool) -> Wrap:
    """A limit that does not hold, or only for a declared length."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            declared = dict(scope.get("headers", [])).get(b"content-length")
            if scope.get("path") != "/limited" or (declared_only and declared):
                await inner(scope, receive, send)
                return
            size, more = 0, True
            while more:
                message = await receive()
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            await send({"type": START, "status": 200, "headers": []})
            await send({"type": BODY, "body": b"%d" % size})

        return wrong

    return wrap


def methods_in_capitals(scope: Scope) -> Scope:
    return {**scope, "method": scope["method"].upper()} if "method" in scope else scope


def raising_for_attributes(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/view" and hasattr(wrong, scope["method"].lower()):
            raise TypeError("this attribute is no handler")
        if scope.get("path") == "/view" and scope["method"].lower() in ("dispatch", "method_not_allowed"):
            raise TypeError("this attribute is no handler")
        await inner(scope, receive, send)

    return wrong


def telling(inner: App) -> App:
    """The text of an exception is the body."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(event: Event) -> None:
            if event["type"] == BODY and scope.get("path") == "/raises":
                event = {**event, "body": b"RuntimeError: words of the handler"}
            await send(event)

        await inner(scope, receive, told)

    return wrong


def closing(*events: Event) -> Wrap:
    """Faults of the answer to an error of a WebSocket handler."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket" or not scope["path"].startswith(("/ws/raises", "/ws/refused")):
                await inner(scope, receive, send)
                return
            await receive()
            if scope["path"].endswith("-late"):
                await send({"type": "websocket.accept"})
            for event in events:
                await send(event)

        return wrong

    return wrap


def from_the_parent(inner: App) -> App:
    """A path is joined to the folder as it is."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith("/files/") and ("/../" in scope["path"] or "//" in scope["path"]):
            await send({"type": START, "status": 200, "headers": []})
            await send({"type": BODY, "body": b"title: "})
        else:
            await inner(scope, receive, send)

    return wrong


def unchecked_names(inner: App) -> App:
    """A name of a file goes to the system as it is."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\0" in scope["path"] or len(scope["path"]) > 255):
            raise OSError("no such name")
        await inner(scope, receive, send)

    return wrong


def first_of_a_name(scope: Scope) -> Scope:
    """Only the first line of a field counts."""
    if "headers" not in scope:
        return scope
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found.setdefault(bytes(name), value)
    return {**scope, "headers": list(found.items())}


def keeping_one_cookie(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def joined(event: Event) -> None:
            if event["type"] == START and scope.get("path") == "/set-cookies":
                values = [value for name, value in event["headers"] if name == b"set-cookie"]
                others = [pair for pair in event["headers"] if pair[0] != b"set-cookie"]
                event = {**event, "headers": [*others, (b"set-cookie", b", ".join(values))]}
            await send(event)

        await inner(scope, receive, joined)

    return wrong


def strict_text(inner: App) -> App:
    """Fields have to be UTF-8."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        for _, value in scope.get("headers", []):
            bytes(value).decode()
        await inner(scope, receive, send)

    return wrong


def strict_cookies(inner: App) -> App:
    """A cookie that is malformed hides those behind it."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/cookies":
            pairs = []
            for name, value in scope["headers"]:
                if name == b"cookie":
                    kept = []
                    for one in value.split(b"; "):
                        if not re.fullmatch(rb"[A-Za-z]+=[A-Za-z0-9]+", one):
                            break
                        kept.append(one)
                    pairs.append((name, b"; ".join(kept)))
                else:
                    pairs.append((name, value))
            scope = {**scope, "headers": pairs}
        await inner(scope, receive, send)

    return wrong


def long_cookies_lost(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [pair for pair in scope.get("headers", []) if pair[0] != b"cookie" or len(pair[1]) <= 1024]
        await inner({**scope, "headers": kept} if "headers" in scope else scope, receive, send)

    return wrong


def empty_cookies_raise(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == b"cookie" and not value.strip(b"; ") for name, value in scope.get("headers", [])):
            raise ValueError("no cookie")
        await inner(scope, receive, send)

    return wrong


def with_root_path(inner: App) -> App:
    """The root_path is taken for a part of the path."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, "root_path": ""} if "root_path" in scope else scope, receive, send)

    return wrong


def by_raw_path(scope: Scope) -> Scope:
    """Routes are found by the path as it was sent."""
    return {**scope, "path": scope["raw_path"].decode()} if scope.get("raw_path") else scope


def changing_the_scope(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(dict(scope), receive, send)
        if "path" in scope:
            scope["root_path"] = scope["path"]

    return wrong


def first_body_part(limit: int) -> Wrap:
    """A body is cut at a size."""

    def make(scope: Scope) -> Change:
        left = [limit if str(scope.get("path", "")).startswith(("/files/", "/echo", "/compressed/")) else 1 << 40]

        def changed(event: Event) -> Event:
            if event["type"] == BODY and "body" in event:
                event = {**event, "body": event["body"][: left[0]]}
                left[0] -= len(event["body"])
            return event

        return changed

    return changing(make)


def received_body_cut(limit: int) -> Wrap:
    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            async def cut() -> Event:
                message = await receive()
                if message["type"] == "http.request" and "body" in message:
                    message = {**message, "body": message["body"][:limit]}
                return message

            await inner(scope, cut, send)

        return wrong

    return wrap


def _of_options(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "OPTIONS" and b"if-match" in dict(scope["headers"]):
            await send({"type": START, "status": 412, "headers": []})
            await send({"type": BODY, "body": b""})
        else:
            await inner(scope, receive, send)

    return wrong


def _on_http(other: App, inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await (other if scope["type"] == "http" else inner)(scope, receive, send)

    return wrong


def _on_websocket(other: App, inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await (other if scope["type"] == "websocket" else inner)(scope, receive, send)

    return wrong


def _on_lifespan(other: App, inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await (other if scope["type"] == "lifespan" else inner)(scope, receive, send)

    return wrong


def _two_digits(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope["asgi"].get("spec_version", "2.0")) > 3:
            raise ValueError("no such version")
        await inner(scope, receive, send)

    return wrong


def _no_empty(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(event: Event) -> None:
            if event["type"] != "websocket.send" or event.get("text") or event.get("bytes"):
                await send(event)

        await inner(scope, receive, kept)

    return wrong


def _tuples(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if any(type(pair) is list for pair in scope.get("headers", [])):
            raise TypeError("a pair is a tuple")
        await inner(scope, receive, send)

    return wrong


def _unknown(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def known() -> Event:
            message = await receive()
            return {"type": "http.request"} if message["type"] == "bogus.event" else message

        await inner(scope, known, send)

    return wrong


def _swallowing(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def quiet(event: Event) -> None:
            with contextlib.suppress(OSError):
                await send(event)

        await inner(scope, receive, quiet)

    return wrong


def _one_too_small(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def longer() -> Event:
            message = await receive()
            return {**message, "body": message.get("body", b"") + b"x"} if not message.get("more_body") else message

        await inner(scope, longer if scope.get("path") == "/limited" else receive, send)

    return wrong


def _head(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD" and scope["path"] in ("/health", "/large", "/streaming"):
            await send({"type": START, "status": 200, "headers": [(b"content-length", b"1")]})
            await send({"type": BODY})
        else:
            await inner(scope, receive, send)

    return wrong


def _not_modified(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(event: Event) -> None:
            if event["type"] == BODY and scope.get("path") in ("/status/304", "/status/204"):
                event = {**event, "body": b"text"}
            await send(event)

        await inner(scope, receive, changed)

    return wrong


def _accepting(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not scope["path"].startswith(("/ws/", "/mounted/")):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
        else:
            await inner(scope, receive, send)

    return wrong


def _serving(inner: App) -> App:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/ws/echo":
            scope = {**scope, "path": "/health"}
        await inner(scope, receive, send)

    return wrong


RANGE_ERRORS: Mapping[str, Wrong] = {
    "content-range-end-minus-one": Wrong(
        "the end in Content-Range is one too small", starts(fields(end_too_small), "/files/", "/compressed/")
    ),
    "content-range-without-length": Wrong(
        "Content-Range lacks the complete length", starts(fields(unknown_length), "/files/")
    ),
    "content-range-lost": Wrong("a 206 has no Content-Range", lacking(b"content-range")),
    "range-as-200": Wrong("a part is sent with status 200", as_status(206, 200, "/files/")),
    "range-unit-of-any-name": Wrong(
        "every unit is taken for bytes", replaced(b"range", lambda value: b"bytes=" + value.partition(b"=")[2])
    ),
    "range-refused": Wrong("a request with Range is refused", refusing(b"range", 500, "/files/", "/compressed/files")),
    "range-unsatisfiable-as-200": Wrong("a range that cannot be satisfied is ignored", as_status(416, 200, "/files/")),
    "range-unsatisfiable-without-length": Wrong(
        "a 416 has no Content-Range",
        on_status(
            416, lambda found: {name: value for name, value in found.items() if name != b"content-range"}, "/files/"
        ),
    ),
    "range-of-empty-as-206": Wrong(
        "a range of an empty file is answered with 206", as_status(416, 206, "/files/empty")
    ),
    "range-for-head": Wrong(
        "HEAD with Range has the length of the part",
        reading(
            lambda scope: (
                {**scope, "method": "GET"}
                if scope.get("method") == "HEAD" and dict(scope["headers"]).get(b"range")
                else scope
            )
        ),
    ),
    "range-list-as-multipart": Wrong(
        "one range in a list is answered with a multipart response",
        on_status(206, adding(b"content-type", b"multipart/byteranges; boundary=b"), "/files/"),
    ),
    "multipart-with-content-range": Wrong(
        "a multipart response has Content-Range",
        on_status(
            206, lambda found: {**found, b"content-range": found.get(b"content-range", b"bytes 0-1/1000")}, "/files/"
        ),
    ),
    "multipart-cut": Wrong("the head of a part is missing", first_body_part(70)),
    "ranges-sorted": Wrong(
        "ranges are sorted",
        replaced(
            b"range",
            lambda value: b"bytes=" + b",".join(sorted(value.removeprefix(b"bytes=").split(b","), reverse=True)),
        ),
    ),
    "suffix-from-the-start": Wrong(
        "a suffix range is the first bytes", replaced(b"range", lambda value: value.replace(b"=-", b"=0-"))
    ),
    "last-position-exclusive": Wrong(
        "the last position is exclusive",
        replaced(
            b"range",
            lambda value: (
                re.sub(rb"-(\d+)$", lambda match: b"-%d" % max(0, int(match[1]) - 1), value)
                if re.fullmatch(rb"bytes=\d+-\d+", value)
                else value
            ),
        ),
    ),
    "if-range-ignored": Wrong("If-Range is ignored", without_field(b"if-range")),
    "if-range-weak": Wrong("If-Range compares weakly", replaced(b"if-range", lambda value: value.removeprefix(b"W/"))),
    "if-range-alone": Wrong("If-Range without Range is refused", refusing(b"if-range", 412, "/files/")),
    "content-range-asked": Wrong(
        "Content-Range of a request is taken for Range",
        reading(
            lambda scope: (
                {**scope, "headers": [*scope["headers"], (b"range", b"bytes=0-1")]}
                if b"content-range" in dict(scope.get("headers", []))
                else scope
            )
        ),
    ),
    "partial-put-taken": Wrong(
        "PUT with Content-Range is taken for a GET",
        reading(lambda scope: {**scope, "method": "GET"} if scope.get("method") == "PUT" else scope),
    ),
    "accept-ranges-lost": Wrong("Accept-Ranges is missing", lacking(b"accept-ranges")),
}

CONDITION_ERRORS: Mapping[str, Wrong] = {
    "file-cut-at-64-kib": Wrong("a file ends after 64 KiB", first_body_part(65536)),
    "file-names-unchecked": Wrong("a name that no file can have raises an exception", unchecked_names),
    "paths-out-of-the-folder": Wrong("a path leads out of the folder", from_the_parent),
    "last-modified-lost": Wrong("Last-Modified is missing", lacking(b"last-modified")),
    "last-modified-in-the-future": Wrong(
        "Last-Modified is in the future",
        on_status(200, adding(b"last-modified", b"Thu, 01 Jan 2099 00:00:00 GMT"), "/files/"),
    ),
    "entity-tag-without-quotes": Wrong(
        "an entity tag has no quotes",
        starts(
            fields(lambda found: {**found, b"etag": found[b"etag"].strip(b'W/"')} if b"etag" in found else found),
            "/files/",
        ),
    ),
    "if-none-match-ignored": Wrong("If-None-Match is ignored", without_field(b"if-none-match")),
    "if-none-match-exact": Wrong(
        "If-None-Match is no list", replaced(b"if-none-match", lambda value: b'"x"' if b"," in value else value)
    ),
    "if-none-match-strong": Wrong(
        "If-None-Match compares strongly", replaced(b"if-none-match", lambda value: value.replace(b'W/"', b'"x'))
    ),
    "if-none-match-any": Wrong("every If-None-Match is false", replaced(b"if-none-match", lambda value: b"*")),
    "if-none-match-first-line": Wrong("only the first line of a field counts", reading(first_of_a_name)),
    "not-modified-without-tag": Wrong("a 304 has no entity tag", on_status(304, lambda found: {}, "/files/")),
    "not-modified-with-type": Wrong(
        "a 304 has a Content-Type",
        on_status(304, adding(b"content-type", b"text/plain"), "/files/", "/compressed/files/"),
    ),
    "not-modified-as-200": Wrong(
        "a file that was not modified is sent with 200", as_status(304, 200, "/files/", "/compressed/files/")
    ),
    "if-modified-since-ignored": Wrong("If-Modified-Since is ignored", without_field(b"if-modified-since")),
    "if-modified-since-any": Wrong(
        "every If-Modified-Since is false",
        replaced(b"if-modified-since", lambda value: b"Thu, 01 Jan 2099 00:00:00 GMT"),
    ),
    "if-modified-since-first": Wrong(
        "If-Modified-Since is evaluated in a request with If-None-Match",
        asking(
            lambda found: (
                {name: value for name, value in found.items() if name != b"if-none-match"}
                if b"if-modified-since" in found
                else found
            )
        ),
    ),
    "if-match-ignored": Wrong("If-Match is ignored", without_field(b"if-match")),
    "if-match-weak": Wrong(
        "If-Match compares weakly", replaced(b"if-match", lambda value: value.replace(b'W/"', b'"'))
    ),
    "if-match-any": Wrong("every If-Match is false", replaced(b"if-match", lambda value: b'"x"')),
    "if-unmodified-since-ignored": Wrong("If-Unmodified-Since is ignored", without_field(b"if-unmodified-since")),
    "if-unmodified-since-any": Wrong(
        "every If-Unmodified-Since is false",
        replaced(b"if-unmodified-since", lambda value: b"Sun, 06 Nov 1994 08:49:37 GMT"),
    ),
    "range-before-conditions": Wrong(
        "a range is sent whatever the conditions",
        asking(
            lambda found: (
                {name: value for name, value in found.items() if not name.startswith(b"if-")}
                if found.get(b"range")
                else found
            )
        ),
    ),
    "if-none-match-before-if-match": Wrong(
        "If-Match is evaluated after If-None-Match",
        asking(
            lambda found: (
                {name: value for name, value in found.items() if name != b"if-match"}
                if b"if-none-match" in found
                else found
            )
        ),
    ),
    "conditions-without-a-file": Wrong(
        "a condition is evaluated although there is no file", refusing(b"if-none-match", 304, "/files/nothing")
    ),
    "match-without-a-file": Wrong(
        "If-Match is evaluated although there is no file", refusing(b"if-match", 412, "/files/nothing")
    ),
    "conditions-of-options": Wrong("a condition of OPTIONS is evaluated", _of_options),
}


_BODIES = (START, BODY)

OTHER_ERRORS: Mapping[str, Wrong] = {
    "unmodified-without-a-date": Wrong(
        "If-Modified-Since makes 304 of a response without a date",
        refusing(b"if-modified-since", 304, "/health"),
    ),
    "refused-without-a-date": Wrong(
        "If-Modified-Since is refused for a response without a date", refusing(b"if-modified-since", 412, "/health")
    ),
    "parts-compressed": Wrong("everything is compressed, also a 206 and what has a coding", compressing_parts),
    "compression-off": Wrong("nothing is compressed", without_field(b"accept-encoding")),
    "compression-refused-by-weight": Wrong(
        "a weight of 0 accepts gzip", replaced(b"accept-encoding", lambda value: b"gzip" if b"gzip" in value else value)
    ),
    "compression-for-all": Wrong(
        "every client gets gzip", asking(lambda found: {**found, b"accept-encoding": b"gzip"})
    ),
    "compression-without-vary": Wrong("Vary is missing", lacking(b"vary")),
    "compression-with-plain-length": Wrong(
        "Content-Length is that of the plain form",
        on_status(200, adding(b"content-length", b"3000"), "/compressed/text"),
    ),
    "compressed-body-cut": Wrong("a compressed body is cut", first_body_part(20)),
    "compression-keeps-the-tag": Wrong(
        "the compressed form has the entity tag of the plain one",
        starts(
            fields(lambda found: {**found, b"etag": found[b"etag"].removeprefix(b"W/")} if b"etag" in found else found),
            "/compressed/files/",
        ),
    ),
    "trailers-dropped": Wrong(
        "trailers are lost behind the compression", only(_BODIES, "/compressed/mounted/trailers")
    ),
    "hint-dropped": Wrong("an early hint is lost behind the compression", only(_BODIES, "/compressed/mounted/hint")),
    "inner-body-needed": Wrong(
        "a message of an inner app needs a body", requiring("body", lambda event: event["type"] == BODY)
    ),
    "inner-headers-needed": Wrong(
        "a start of an inner app needs headers", requiring("headers", lambda event: event["type"] == START)
    ),
    "mount-not-in-root-path": Wrong(
        "an inner app does not see its mount",
        body(lambda data: data.replace(b'"root_path": "/mounted"', b'"root_path": ""'), "/mounted/paths"),
    ),
    "empty-cookies-raise": Wrong("a Cookie field without a cookie raises", empty_cookies_raise),
    "long-cookies-lost": Wrong("a Cookie field of more than 1 KiB is ignored", long_cookies_lost),
    "inner-code-needed": Wrong(
        "a close of an inner app needs a code", requiring("code", lambda event: event["type"] == "websocket.close")
    ),
    "raw-path-needed": Wrong(
        "the scope needs raw_path", lambda inner: _on_http(requiring_of_scope("raw_path")(inner), inner)
    ),
    "client-needed": Wrong(
        "the scope needs client", lambda inner: _on_http(requiring_of_scope("client")(inner), inner)
    ),
    "state-needed": Wrong("the scope needs state", lambda inner: _on_http(requiring_of_scope("state")(inner), inner)),
    "spec-version-needed": Wrong("the scope needs asgi.spec_version", requiring_of_scope("asgi.spec_version")),
    "websocket-keys-needed": Wrong(
        "the scope of a WebSocket needs its optional keys",
        lambda inner: _on_websocket(
            requiring_of_scope(
                "scheme", "subprotocols", "http_version", "raw_path", "client", "server", "root_path", "extensions"
            )(inner),
            inner,
        ),
    ),
    "lifespan-state-needed": Wrong(
        "the scope of lifespan needs state", lambda inner: _on_lifespan(requiring_of_scope("state")(inner), inner)
    ),
    "spec-version-as-a-number": Wrong("spec_version is compared as a text", _two_digits),
    "request-body-needed": Wrong("a message needs a body", requiring_of_messages("body", kind="http.request")),
    "websocket-both-needed": Wrong(
        "a message needs text and bytes", requiring_of_messages("text", "bytes", kind="websocket.receive")
    ),
    "disconnect-reason-needed": Wrong(
        "a disconnect needs a reason", requiring_of_messages("reason", kind="websocket.disconnect")
    ),
    "empty-text-lost": Wrong("an empty text is no message", _no_empty),
    "request-piece-cut-at-64-kib": Wrong("a piece of a body is cut at 64 KiB", received_body_cut(65536)),
    "root-path-in-routes": Wrong("routes do not know root_path", with_root_path),
    "raw-path-in-routes": Wrong("routes are found by raw_path", reading(by_raw_path)),
    "scope-changed": Wrong("the server's scope is changed", changing_the_scope),
    "pairs-of-tuples-only": Wrong("pairs have to be tuples", _tuples),
    "unknown-event-ignored": Wrong("an unknown event is a body", _unknown),
    "client-leaving-unheard": Wrong("the app does not hear that the client has left", deaf),
    "newest-version-assumed": Wrong("a scope without spec_version counts as the newest version", newest_assumed),
    "send-errors-swallowed": Wrong("an error of send() does not end a stream", _swallowing),
    "cut-body-complete": Wrong("a body that is cut off is complete", complete_at_a_disconnect),
    "limit-of-declared-bodies": Wrong("only a declared length is limited", unlimited(True)),
    "limit-of-none": Wrong("no body is limited", unlimited(False)),
    "limit-one-too-small": Wrong("a body of exactly the limit is refused", _one_too_small),
    "methods-in-capitals": Wrong("a method has no case", reading(methods_in_capitals)),
    "attributes-as-methods": Wrong("the name of an attribute is a method", raising_for_attributes),
    "allow-lost": Wrong(
        "a 405 has no Allow",
        starts(fields(lambda found: {name: value for name, value in found.items() if name != b"allow"})),
    ),
    "lacking-method-as-404": Wrong("a method that a route lacks is answered with 404", as_status(405, 404)),
    "unknown-path-as-405": Wrong("an unknown path is answered with 405", as_status(404, 405)),
    "posts-as-gets": Wrong(
        "a class of methods has one handler",
        reading(
            lambda scope: (
                {**scope, "method": "GET"} if scope.get("path") == "/view" and scope["method"] == "POST" else scope
            )
        ),
    ),
    "head-of-another-length": Wrong("HEAD has the length of no body", _head),
    "length-of-no-content": Wrong("a 204 has Content-Length", on_status(204, adding(b"content-length", b"0"))),
    "body-of-not-modified": Wrong("a 304 has a body", _not_modified),
    "errors-told": Wrong("the text of an exception is in the response", telling),
    "errors-as-200": Wrong("an exception leads to status 200", as_status(500, 200, "/raises")),
    "http-errors-as-500": Wrong("an HTTP error leads to status 500", as_status(403, 500, "/refused")),
    "error-status-as-code": Wrong(
        "the status of an error is the close code", closing({"type": "websocket.close", "code": 403})
    ),
    "error-closes-twice": Wrong(
        "an error closes a WebSocket twice",
        closing({"type": "websocket.close", "code": 1011}, {"type": "websocket.close", "code": 1000}),
    ),
    "error-as-a-response": Wrong(
        "an error is answered with a response on every WebSocket",
        closing(
            {"type": "websocket.http.response.start", "status": 403, "headers": []},
            {"type": "websocket.http.response.body", "body": b""},
        ),
    ),
    "unknown-websocket-accepted": Wrong("a WebSocket at any path is accepted", _accepting),
    "websocket-path-serves-http": Wrong("a path of WebSockets serves HTTP", _serving),
    "cookies-strict": Wrong("a malformed cookie hides the others", strict_cookies),
    "fields-of-utf-8": Wrong("a field has to be UTF-8", strict_text),
    "set-cookies-joined": Wrong("cookies are set by one field", keeping_one_cookie),
}


MUTANTS: Mapping[str, Wrong] = {**RANGE_ERRORS, **CONDITION_ERRORS, **OTHER_ERRORS}
