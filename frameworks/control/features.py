"""The endpoints of the contract that stand for a feature of frameworks: files, compression, a limit, errors."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from behind import background, cors, cors_text, download, echo, passed, read_before
from forms import form
from inner import app as inner_app

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Pairs = list[tuple[bytes, bytes]]
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]

FOLDER = Path(__file__).parent / "files"
PIECE = 64 * 1024
LIMIT = 2 * 1024 * 1024
SMALL = 500
MANY = 20
START, BODY = "http.response.start", "http.response.body"


class Refused(Exception):
    """A handler's HTTP error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def fields(scope: Scope, name: bytes) -> str | None:
    """The value of a field, with its lines joined by commas; None for none."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return b", ".join(values).decode("latin-1") if values else None


async def whole(send: Send, status: int, body: bytes, more: Pairs | None = None, *, head: bool = False) -> None:
    """A response in two messages."""
    pairs = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), *(more or [])]
    await send({"type": START, "status": status, "headers": pairs})
    await send({"type": BODY, "body": b"" if head else body})


# Files


async def files(scope: Scope, receive: Receive, send: Send) -> None:
    """A file of the folder, or a part of it."""
    name = scope["path"].rpartition("/")[2]
    path = FOLDER / name
    if not name or len(name) > 100 or name.startswith(".") or "\0" in name or not path.is_file():
        await whole(send, 404, b"Not Found")
        return
    method, stat = scope["method"], path.stat()
    modified = int(stat.st_mtime)
    tag = '"' + hashlib.md5(f"{modified}-{stat.st_size}".encode(), usedforsecurity=False).hexdigest() + '"'
    known: Pairs = [
        (b"etag", tag.encode()),
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"accept-ranges", b"bytes"),
    ]
    status = condition(scope, tag, modified)
    if status == 304:
        # Last-Modified would only be needed without an entity tag.
        await send({"type": START, "status": 304, "headers": known[:1]})
        await send({"type": BODY})
        return
    if status == 412:
        await whole(send, 412, b"Precondition Failed", head=method == "HEAD")
        return
    kind = (b"content-type", b"text/plain")
    parts = ranges(scope, tag, modified, stat.st_size) if method == "GET" else None
    if parts is None:
        pairs = [kind, (b"content-length", b"%d" % stat.st_size), *known]
        await send({"type": START, "status": 200, "headers": pairs})
        if method == "HEAD":
            await send({"type": BODY})
        else:
            await sending(path, [(0, stat.st_size, b"")], b"", receive, send)
        return
    if not parts:
        await whole(send, 416, b"", [(b"content-range", b"bytes */%d" % stat.st_size)])
        return
    if len(parts) == 1:
        first, last = parts[0]
        span = (b"content-range", b"bytes %d-%d/%d" % (first, last, stat.st_size))
        pairs = [kind, (b"content-length", b"%d" % (last - first + 1)), span, *known]
        await send({"type": START, "status": 206, "headers": pairs})
        await sending(path, [(first, last + 1, b"")], b"", receive, send)
        return
    border = hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest().encode()
    pieces = []
    for first, last in parts:
        head = b"\r\n--%s\r\nContent-Type: text/plain\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
        pieces.append((first, last + 1, head % (border, first, last, stat.st_size)))
    end = b"\r\n--%s--\r\n" % border
    size = sum(len(head) + until - first for first, until, head in pieces) + len(end)
    pairs = [(b"content-type", b"multipart/byteranges; boundary=" + border), (b"content-length", b"%d" % size), *known]
    await send({"type": START, "status": 206, "headers": pairs})
    await sending(path, pieces, end, receive, send)


async def sending(path: Path, pieces: list[tuple[int, int, bytes]], end: bytes, receive: Receive, send: Send) -> None:
    """Send parts of a file, until the client has left."""
    gone = asyncio.ensure_future(left(receive))
    try:
        with path.open("rb") as file:
            for first, until, head in pieces:
                if head:
                    await send({"type": BODY, "body": head, "more_body": True})
                file.seek(first)
                rest = until - first
                while rest > 0:
                    await asyncio.sleep(0)
                    if gone.done():
                        return
                    data = file.read(min(PIECE, rest))
                    rest -= len(data)
                    await send({"type": BODY, "body": data, "more_body": True})
        await send({"type": BODY, "body": end})
    except OSError:
        return
    finally:
        gone.cancel()


async def left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def tags(field: str) -> list[str]:
    """The entity tags of a list; they may contain commas."""
    found, rest = [], field
    while rest := rest.lstrip(", \t"):
        start = 3 if rest.startswith('W/"') else 1
        end = rest.find('"', start)
        if end < 0 or not rest.startswith(('"', 'W/"')):
            break
        found.append(rest[: end + 1])
        rest = rest[end + 1 :]
    return found


def seconds(field: str | None) -> float | None:
    """A date of HTTP; None for no valid one."""
    try:
        return parsedate_to_datetime(field).timestamp() if field else None
    except (ValueError, TypeError):
        return None


def condition(scope: Scope, tag: str, modified: int) -> int:
    """The status that the conditions of a request lead to; 200 if they hold."""
    match, none = fields(scope, b"if-match"), fields(scope, b"if-none-match")
    since, until = seconds(fields(scope, b"if-modified-since")), seconds(fields(scope, b"if-unmodified-since"))
    if match is not None:
        if match.strip() != "*" and tag not in tags(match):
            return 412
    elif until is not None and modified > until:
        return 412
    if none is not None:
        if none.strip() == "*" or tag in [one.removeprefix("W/") for one in tags(none)]:
            return 304
    elif since is not None and modified <= since:
        return 304
    return 200


def ranges(scope: Scope, tag: str, modified: int, size: int) -> list[tuple[int, int]] | None:
    """The first and last positions of the satisfiable ranges of a request; None if all of the file is the response."""
    field, only_if = fields(scope, b"range"), fields(scope, b"if-range")
    unit, equals, listed = (field or "").partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    if only_if is not None and only_if.strip() != tag and seconds(only_if) != modified:
        return None
    parts: list[tuple[int, int]] = []
    asked = [word.strip() for word in listed.split(",") if word.strip()]
    for word in asked:
        first, dash, last = word.partition("-")
        numbers = all(not one or (one.isascii() and one.isdigit()) for one in (first, last))
        if not dash or not (first or last) or not numbers:
            return None
        if not first:
            length = min(size, int(last))
            if length:
                parts.append((size - length, size - 1))
        elif last and int(last) < int(first):
            return None
        elif int(first) < size:
            parts.append((int(first), min(size - 1, int(last)) if last else size - 1))
    if not asked or len(asked) > MANY or sum(last - first + 1 for first, last in parts) > 2 * size:
        return None
    return parts


# Compression


def accepts_gzip(scope: Scope) -> bool:
    """True if the client accepts gzip, and does not refuse it by a weight of zero."""
    weights: dict[str, float] = {}
    for word in (fields(scope, b"accept-encoding") or "").split(","):
        name, _, parameter = word.partition(";")
        key, _, value = parameter.partition("=")
        try:
            weight = float(value) if key.strip().lower() == "q" else 1.0
        except ValueError:
            weight = 1.0
        weights[name.strip().lower()] = weight
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


class Packing:
    """The messages of one response, compressed where that is possible and the client accepts it."""

    def __init__(self, send: Send, wanted: bool) -> None:
        self.send, self.wanted = send, wanted
        self.start: Message | None = None
        self.packer: Any = None

    async def __call__(self, message: Message) -> None:
        """Pass a message on; the start waits for the first piece of the body."""
        if message["type"] == START:
            self.start = {**message, "headers": [tuple(pair) for pair in message.get("headers", ())]}
            return
        if message["type"] != BODY:
            await self.send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self.start is not None:
            start, self.start = self.start, None
            self.prepare(start, more or len(body) >= SMALL)
            await self.send(start)
        if self.packer is not None:
            body = self.packer.compress(body) + self.packer.flush(zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH)
        await self.send({**message, "body": body})

    def prepare(self, start: Message, large: bool) -> None:
        """Decide, and change the fields accordingly."""
        named = [name.lower() for name, _ in start["headers"]]
        if not large or b"content-encoding" in named or start["status"] in (204, 206, 304):
            return
        if self.wanted:
            # 16 more than the window's bits: gzip.
            self.packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
            start["headers"] = [
                (name, weak(value) if name == b"etag" else value)
                for name, value in start["headers"]
                if name not in (b"content-length", b"accept-ranges")
            ]
            start["headers"].append((b"content-encoding", b"gzip"))
        start["headers"].append((b"vary", b"accept-encoding"))


def compressed(handler: Handler) -> Handler:
    """A handler whose responses are compressed."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await handler(scope, receive, send if scope["method"] == "HEAD" else Packing(send, accepts_gzip(scope)))

    return wrapped


def weak(tag: bytes) -> bytes:
    """The tag of a file for its compressed form."""
    return tag if tag.startswith(b"W/") else b"W/" + tag


async def compressed_text(scope: Scope, receive: Receive, send: Send) -> None:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    size = min(1024 * 1024, int(query.get("size", ["1000"])[0]))
    await whole(send, 200, b"x" * size, head=scope["method"] == "HEAD")


async def compressed_streaming(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": START, "status": 200, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    for _ in range(10):
        await send({"type": BODY, "body": b"x" * 1000, "more_body": True})
    await send({"type": BODY})


async def compressed_endless(scope: Scope, receive: Receive, send: Send) -> None:
    await ticking(lambda: os.urandom(500).hex().encode(), receive, send)


async def compressed_fails(scope: Scope, receive: Receive, send: Send) -> None:
    await failing(b"x" * 1000, send)


async def compressed_encoded(scope: Scope, receive: Receive, send: Send) -> None:
    await whole(send, 200, b"0123456789" * 200, [(b"content-encoding", b"br")])


# A limit, and what handlers do


async def limited(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more and size <= LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    if size > LIMIT:
        await whole(send, 413, b"Content Too Large")
    else:
        await whole(send, 200, b"%d" % size)


async def view(scope: Scope, receive: Receive, send: Send) -> None:
    answers = {"GET": b"got", "HEAD": b"got", "POST": b"posted"}
    method = scope["method"]
    if method in answers:
        await whole(send, 200, answers[method], head=method == "HEAD")
    else:
        await whole(send, 405, b"Method Not Allowed", [(b"allow", b"GET, HEAD, POST")])


async def cookies(scope: Scope, receive: Receive, send: Send) -> None:
    lines = b"; ".join([value for name, value in scope["headers"] if name.lower() == b"cookie"]).decode("latin-1")
    pairs = [word.strip().partition("=") for word in lines.split(";")]
    found: dict[str, str] = {}
    for name, equals, value in pairs:
        if name and equals:
            found.setdefault(name, value.strip('"'))
    await whole(send, 200, json.dumps(found).encode())


async def set_cookies(scope: Scope, receive: Receive, send: Send) -> None:
    await whole(send, 200, b"OK", [(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2; Path=/")])


async def lines(scope: Scope, receive: Receive, send: Send) -> None:
    found = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-line"]
    await whole(send, 200, json.dumps(found).encode())


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        raise RuntimeError("words of the handler")
    except RuntimeError:
        await whole(send, 500, b"Internal Server Error")
        raise


async def refused(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        raise Refused(403)
    except Refused as error:
        await whole(send, error.status, b"Forbidden")


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await ticking(lambda: b"tick\n", receive, send)


async def ticking(piece: Callable[[], bytes], receive: Receive, send: Send) -> None:
    """Pieces without an end, until the client has left."""
    gone = asyncio.ensure_future(left(receive))
    try:
        await send({"type": START, "status": 200, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
        while not gone.done():
            await send({"type": BODY, "body": piece(), "more_body": True})
            await asyncio.wait([gone], timeout=0.01)
    except OSError:
        return
    finally:
        gone.cancel()


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    await failing(b"begun", send)


async def failing(piece: bytes, send: Send) -> None:
    """One piece, and an error of the handler."""
    await send({"type": START, "status": 200, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": BODY, "body": piece, "more_body": True})
    raise RuntimeError("words of the handler")


async def ws_refused(scope: Scope, receive: Receive, send: Send) -> None:
    """An HTTP error before the handshake is answered."""
    await refusal(scope, send, 403)


async def ws_raises(scope: Scope, receive: Receive, send: Send) -> None:
    """An error of the handler before the handshake is answered."""
    try:
        raise RuntimeError("words of the handler")
    except RuntimeError:
        await refusal(scope, send, 500)
        raise


async def refusal(scope: Scope, send: Send, status: int) -> None:
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"refused"})
    else:
        await send({"type": "websocket.close", "code": 1000})


async def ws_refused_late(scope: Scope, receive: Receive, send: Send) -> None:
    """An HTTP error once the WebSocket is open."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1008})


async def ws_raises_late(scope: Scope, receive: Receive, send: Send) -> None:
    """An error of the handler once the WebSocket is open."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1011})
    raise RuntimeError("words of the handler")


async def ws_ended(scope: Scope, receive: Receive, send: Send) -> None:
    """Echo, until the client closes; then keep what the end was."""
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
    scope.setdefault("state", {})["ended"] = {"code": message["code"], "reason": message.get("reason") or ""}


async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """The inner application, below its mount."""
    root = scope.get("root_path", "") + "/mounted"
    await inner_app({**scope, "root_path": root}, receive, send)


async def ws_mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """The inner application, which is given again what the bare app has received."""
    given = [{"type": "websocket.connect"}]

    async def again() -> Message:
        return given.pop() if given else await receive()

    await inner_app(scope, again, send)


HTTP: dict[str, tuple[tuple[str, ...], Handler]] = {
    "/compressed/text": (("GET", "HEAD"), compressed(compressed_text)),
    "/compressed/streaming": (("GET",), compressed(compressed_streaming)),
    "/compressed/encoded": (("GET",), compressed(compressed_encoded)),
    "/compressed/endless": (("GET",), compressed(compressed_endless)),
    "/compressed/fails": (("GET",), compressed(compressed_fails)),
    "/limited": (("POST",), limited),
    "/view": ((), view),
    "/form": (("POST",), form),
    "/cookies": (("GET",), cookies),
    "/set-cookies": (("GET",), set_cookies),
    "/lines": (("GET",), lines),
    "/raises": (("GET",), raises),
    "/refused": (("GET",), refused),
    "/endless": (("GET",), endless),
    "/fails": (("GET",), fails),
    "/passed/echo": (("POST",), passed(echo)),
    "/passed/read": (("POST",), passed(read_before(echo))),
    "/passed/set-cookies": (("GET",), passed(set_cookies)),
    "/passed/raises": (("GET",), passed(raises)),
    "/passed/refused": (("GET",), passed(refused)),
    "/passed/fails": (("GET",), passed(fails)),
    "/passed/endless": (("GET",), passed(endless)),
    "/cors/text": ((), cors(cors_text)),
    "/download": (("GET", "POST"), download),
}
# By the beginning of the path; no methods are all methods.
BELOW: dict[str, tuple[tuple[str, ...], Handler]] = {
    "/files/": (("GET", "HEAD"), files),
    "/compressed/files/": (("GET", "HEAD"), compressed(files)),
    "/mounted/": ((), mounted),
    "/compressed/mounted/": ((), compressed(inner_app)),
    "/passed/mounted/": ((), passed(inner_app)),
    "/background/": (("GET",), background),
    "/passed/background/": (("GET",), passed(background)),
}
WEBSOCKET: dict[str, Handler] = {
    "/mounted/ws": ws_mounted,
    "/ws/refused": ws_refused,
    "/ws/raises": ws_raises,
    "/ws/refused-late": ws_refused_late,
    "/ws/raises-late": ws_raises_late,
    "/ws/ended": ws_ended,
}


def found(path: str) -> tuple[tuple[str, ...], Handler] | None:
    """The methods and the handler of a path."""
    return HTTP.get(path) or next((one for start, one in BELOW.items() if path.startswith(start)), None)
