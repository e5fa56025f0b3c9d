"""The endpoint /form of the contract: the fields and files of a form, URL-encoded or multipart (RFC 7578)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from email.message import Message as Fields
from typing import Any
from urllib.parse import parse_qsl, quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST = 1000
LONGEST = 1024 * 1024
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")


class Malformed(Exception):
    """The body is not the form that its Content-Type says, or exceeds a limit."""


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The first word of a field such as Content-Type in lower case, and its parameters."""
    found = Fields()
    found["content-type"] = value
    pairs = found.get_params(failobj=[])
    return pairs[0][0].strip().lower() if pairs else "", {name.lower(): text for name, text in pairs[1:]}


def shown(*words: object) -> str:
    """A line of the response."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


def encoded(body: bytes) -> list[tuple[str, str]]:
    """The lines of a URL-encoded form, by name. Raises Malformed."""
    try:
        pairs = parse_qsl(body.decode("ascii", "surrogateescape"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError as error:
        raise Malformed from error
    if any(len(value) > LONGEST for _, value in pairs):
        raise Malformed
    whole = "utf-8", "surrogateescape"
    clear = [tuple(word.encode(*whole).decode("utf-8", "replace") for word in pair) for pair in pairs]
    return [(name, shown("field", name, value)) for name, value in clear]


def parts(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts of a multipart body. Raises Malformed if it has no end."""
    line, body = b"\r\n--" + boundary, b"\r\n" + body
    found: list[bytes] = []
    at = body.find(line)
    while at >= 0 and len(found) <= MOST:
        at += len(line)
        if body.startswith(b"--", at):
            return found
        end = body.find(b"\r\n", at)
        if end < 0 or body[at:end].strip(b" \t"):
            break
        # The line end of this delimiter may be the one before the next.
        at = body.find(line, end)
        found.append(body[end + 2 : at])
    raise Malformed


def multipart(body: bytes, boundary: str | None) -> list[tuple[str, str]]:
    """The lines of a multipart form, by name. Raises Malformed."""
    if boundary is None or not BOUNDARY.fullmatch(boundary):
        raise Malformed
    found = []
    for part in parts(body, boundary.encode("ascii")):
        head, blank, content = (b"\r\n" + part).partition(b"\r\n\r\n")
        lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")[1:]]
        named = {name.strip().lower(): value.strip() for name, colon, value in lines if colon}
        kind, about = disposition(named.get("content-disposition", ""))
        if not blank or kind != "form-data" or "name" not in about:
            raise Malformed
        name, file = about["name"], about.get("filename")
        if file is not None:
            media = named.get("content-type", "application/octet-stream")
            found.append((name, shown("file", name, file, media, len(content), f"{zlib.crc32(content):08x}")))
        elif len(content) > LONGEST:
            raise Malformed
        else:
            found.append((name, shown("field", name, content.decode("utf-8", "replace"))))
    return found


def disposition(value: str) -> tuple[str, dict[str, str]]:
    """The type and the parameters of a Content-Disposition; the names in it may have any character but a quote."""
    kind, _, rest = value.partition(";")
    words = re.findall(r'([A-Za-z0-9_*\-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;]*))', rest)
    return kind.strip().lower(), {name.lower(): re.sub(r'\\(["\\])', r"\1", text) or bare for name, text, bare in words}


async def form(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, and answer with its fields and files."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    fields = {name.lower(): value for name, value in scope["headers"]}
    kind, named = parameters(fields.get(b"content-type", b"").decode("latin-1"))
    try:
        if kind == "application/x-www-form-urlencoded":
            lines = encoded(bytes(body))
        else:
            lines = multipart(bytes(body), named.get("boundary")) if kind == "multipart/form-data" else []
        status, text = 200, "".join(line for _, line in sorted(lines, key=lambda pair: pair[0]))
    except Malformed:
        status, text = 400, "Bad Request"
    pairs = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode("ascii")})
