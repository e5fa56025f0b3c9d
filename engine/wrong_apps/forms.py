"""Faults in the forms that a framework parses: the bare app is given another body or type, or its answer is changed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from .base import App, Event, Receive, Scope, Send, Wrap, Wrong

PATH, TYPE, LENGTH = "/form", b"content-type", b"content-length"
START, BODY = "http.response.start", "http.response.body"
SLOW = 25
Body = Callable[[bytes], bytes]


def given(change: Callable[[list[bytes], bytes], bytes]) -> Wrap:
    """The app is given another body, in one piece; the change has the pieces and the type of the form."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != PATH:
                await inner(scope, receive, send)
                return
            pieces: list[bytes] = []
            more = True
            while more:
                message = await receive()
                pieces.append(message.get("body", b""))
                more = message.get("more_body", False)
            whole = [{"type": "http.request", "body": change(pieces, dict(scope["headers"]).get(TYPE, b""))}]

            async def once() -> Event:
                return whole.pop() if whole else await receive()

            await inner(scope, once, send)

        return wrong

    return wrap


def encoded(change: Body) -> Wrap:
    """Another URL-encoded body."""
    return given(lambda pieces, kind: b"".join(pieces) if b"multipart" in kind.lower() else change(b"".join(pieces)))


def multipart(change: Body) -> Wrap:
    """Another multipart body."""
    return given(lambda pieces, kind: change(b"".join(pieces)) if b"multipart" in kind.lower() else b"".join(pieces))


def typed(change: Callable[[bytes], bytes]) -> Wrap:
    """Another Content-Type."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") == PATH:
                pairs = [(name, change(value) if name == TYPE else value) for name, value in scope["headers"]]
                scope = {**scope, "headers": pairs}
            await inner(scope, receive, send)

        return wrong

    return wrap


def answered(status: int | None, change: Callable[[list[bytes]], list[bytes]] = lambda lines: lines) -> Wrap:
    """Another answer: a status in place of 400, and other lines of one with 200."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") != PATH:
                await inner(scope, receive, send)
                return
            start: Event = {}

            async def changed(event: Event) -> None:
                if event["type"] == START:
                    start.update(event)
                    return
                body = event["body"]
                if start["status"] == 200:
                    body = b"".join(change(body.splitlines(keepends=True)))
                elif status is not None:
                    start["status"] = status
                await send({"type": START, "status": start["status"], "headers": []})
                await send({"type": BODY, "body": body})

            await inner(scope, receive, changed)

        return wrong

    return wrap


def blocked(slow: Callable[[bytes, bytes], bool]) -> Wrap:
    """The app blocks on some bodies, or types, as with a parser of quadratic time."""

    def change(pieces: list[bytes], kind: bytes) -> bytes:
        body = b"".join(pieces)
        if slow(body, kind):
            time.sleep(SLOW)
        return body

    return given(change)


def without_length(inner: App) -> App:
    """A form without Content-Length has nothing in it."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == PATH and LENGTH not in dict(scope["headers"]):
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != TYPE]}
        await inner(scope, receive, send)

    return wrong


def last_lost(pieces: list[bytes], kind: bytes) -> bytes:
    """The last pair is lost if no empty piece comes behind it."""
    body = b"".join(pieces)
    return body.rpartition(b"&")[0] if len(pieces) > 1 and pieces[-1] and b"multipart" not in kind else body


def strict(body: bytes) -> bytes:
    """Escapes have to be UTF-8. Raises UnicodeDecodeError."""
    unquote_to_bytes(body).decode()
    return body


def failing(pieces: list[bytes], kind: bytes) -> bytes:
    """Raises RuntimeError."""
    raise RuntimeError(f"a form of {len(pieces)} pieces")


def names_once(lines: list[bytes]) -> list[bytes]:
    return list({tuple(line.split(b" ")[:2]): line for line in lines}.values())


def sub(pattern: bytes, new: bytes) -> Body:
    return lambda body: re.sub(pattern, new, body)


def refused_if(pattern: bytes) -> Wrap:
    """A multipart body that has a match is refused, as one without an end."""
    return multipart(lambda body: b"" if re.search(pattern, body) else body)


MUTANTS: Mapping[str, Wrong] = {
    "form-unread": Wrong("no form has a field", typed(lambda kind: b"")),
    "form-always-fails": Wrong("every form leads to 500", given(failing)),
    "form-plus-kept": Wrong("a plus in a form is a plus", encoded(lambda body: body.replace(b"+", b"%2B"))),
    "form-escaped-plus-is-a-space": Wrong("an escaped plus is a space", encoded(sub(rb"(?i)%2b", b"+"))),
    "form-escapes-twice": Wrong("a form is decoded before it is divided", encoded(sub(rb"%26", b"&"))),
    "form-divided-at-the-last-equals-sign": Wrong(
        "a pair is divided at its last equals sign", encoded(sub(rb"=(?=[^&=]+=)", b"%3D"))
    ),
    "form-empty-values-lost": Wrong("a pair without a value is lost", encoded(sub(rb"(^|&)[^=&]*=(?=&|$)", b""))),
    "form-semicolons-separate": Wrong("a semicolon separates pairs", encoded(lambda body: body.replace(b";", b"&"))),
    "form-escapes-as-latin-1": Wrong("octets beyond ASCII are latin-1", encoded(sub(rb"%C3%A9", b"%C3%83%C2%A9"))),
    "form-line-ends-lost": Wrong("CR is lost", encoded(sub(rb"(?i)%0d", b""))),
    "form-null-bytes-lost": Wrong("null bytes are lost", encoded(lambda body: body.replace(b"%00", b""))),
    "form-last-field-lost": Wrong("the last field is lost if no empty piece follows", given(last_lost)),
    "form-first-piece-only": Wrong("only the first piece of a form is read", given(lambda pieces, kind: pieces[0])),
    "form-empty-piece-is-the-end": Wrong(
        "an empty piece ends a form", given(lambda pieces, kind: b"".join(pieces[: [*pieces, b""].index(b"")]))
    ),
    "form-pieces-apart": Wrong(
        "each piece is parsed by itself",
        given(lambda pieces, kind: (b"" if b"multipart" in kind else b"&").join(pieces)),
    ),
    "form-pieces-as-lines": Wrong(
        "a line end is put between pieces of a multipart form",
        given(lambda pieces, kind: (b"\r\n" if b"multipart" in kind else b"").join(pieces)),
    ),
    "form-names-once": Wrong("of several values of a name the last one is left", answered(None, names_once)),
    "form-type-in-capitals-unknown": Wrong(
        "a type in capitals is unknown", typed(lambda kind: b"" if kind[:1].isupper() else kind)
    ),
    "form-type-with-parameters-unknown": Wrong(
        "a URL-encoded form with a parameter is unknown",
        typed(lambda kind: b"" if b"urlencoded" in kind and b";" in kind else kind),
    ),
    "form-malformed-is-500": Wrong("a malformed form leads to 500", answered(500)),
    "form-utf-8-needed": Wrong(
        "a form that is no UTF-8 raises", given(lambda pieces, kind: b"".join(pieces).decode().encode())
    ),
    "form-escapes-of-utf-8-needed": Wrong(
        "escapes that are no UTF-8 raise",
        encoded(strict),
    ),
    "form-delimiter-within-a-line": Wrong(
        "a delimiter may be within a line", multipart(sub(rb"([ -~])--b", rb"\1\r\n--b"))
    ),
    "form-bare-line-ends-delimit": Wrong(
        "a delimiter may stand behind a bare line end", multipart(sub(rb"([^\r])\n--b[^\r\n]*", rb"\1\r\n--b--"))
    ),
    "form-content-stripped": Wrong(
        "line ends around a content are lost", multipart(sub(rb"(\r\n)+(?=\r\n--b)|(?<=\r\n\r\n)(\r\n)+(?!--)", b""))
    ),
    "form-hyphens-end": Wrong(
        "a line of hyphens ends a form", multipart(lambda body: body.partition(b"\r\n--\r\n")[0])
    ),
    "form-names-cut-at-semicolons": Wrong(
        "a quoted name ends at a semicolon", multipart(sub(rb'="([^";]*);[^"]*"', rb'="\1"'))
    ),
    "form-names-cut-at-equals-signs": Wrong(
        "a quoted name ends at an equals sign", multipart(sub(rb'="([^"=]*)=[^"]*"', rb'="\1"'))
    ),
    "form-names-cut-at-spaces": Wrong(
        "a quoted name ends at a space", multipart(sub(rb'="([^" ]*) [^"]*"', rb'="\1"'))
    ),
    "form-names-ascii": Wrong("names have no character beyond ASCII", multipart(sub(rb"[\x80-\xff]", b""))),
    "form-empty-files-lost": Wrong(
        "an empty file is lost", answered(None, lambda lines: [line for line in lines if b" 0 " not in line])
    ),
    "form-empty-fields-lost": Wrong(
        "an empty field is lost", answered(None, lambda lines: [line for line in lines if not line.endswith(b" \n")])
    ),
    "form-part-fields-exact": Wrong(
        "the names of a part's fields have a letter case",
        multipart(sub(rb"content-disposition|CONTENT-DISPOSITION", b"X")),
    ),
    "form-part-parameters-exact": Wrong(
        "the names of a part's parameters have a letter case", multipart(sub(rb"NAME=", b"X="))
    ),
    "form-disposition-first": Wrong(
        "a part begins with its Content-Disposition",
        multipart(sub(rb"--b\r\n(?!(?i:content-disp)|\r\n)[^\r]*\r\n", b"--b\r\n\r\n")),
    ),
    "form-name-first": Wrong("the name is the first parameter", multipart(sub(rb"data; filename=", b"data; x="))),
    "form-tokens-unknown": Wrong("names need quotes", multipart(sub(rb"name=f;", b"x;"))),
    "form-spaces-needed": Wrong("a space behind a colon is needed", multipart(sub(rb"Disposition:f", b"X:f"))),
    "form-spaces-kept": Wrong(
        "white space around a type is kept", multipart(sub(rb" \r\n\r\nhello", b"%20\r\n\r\nhello"))
    ),
    "form-boundary-quotes-kept": Wrong("the quotes of a boundary are kept", typed(sub(rb'boundary="', b'boundary="x'))),
    "form-boundary-in-lower-case": Wrong("a boundary is read in lower case", typed(lambda kind: kind.lower())),
    "form-boundary-to-its-69th": Wrong("a boundary has at most 69 characters", typed(sub(rb"(=.{69}).$", rb"\1"))),
    "form-boundary-of-letters": Wrong("a boundary has letters only", typed(lambda kind: b"" if b"(" in kind else kind)),
    "form-boundary-alone": Wrong("a boundary is the only parameter", typed(sub(rb"; charset=utf-8", b";boundary=x"))),
    "form-preamble-refused": Wrong("a preamble is refused", refused_if(rb"\A[^-]")),
    "form-epilogue-refused": Wrong("an epilogue is refused", refused_if(rb"--b--\r\n.")),
    "form-epilogue-of-a-line-refused": Wrong("lines in an epilogue are refused", refused_if(rb"--b--[^-]*\r\n\r\n")),
    "form-epilogue-read": Wrong("parts in an epilogue are read", multipart(sub(rb"--b--\r\n(?=--b)", b""))),
    "form-line-end-needed": Wrong("the last delimiter needs a line end", refused_if(rb"--\Z")),
    "form-padding-refused": Wrong("white space behind a delimiter is refused", refused_if(rb"\A--b +\r\n|--b-- +\r\n")),
    "form-files-to-64-kib": Wrong("files of more than 64 KiB are refused", multipart(lambda body: body[: 65536 + 100])),
    "form-files-to-1-mib": Wrong("files of more than 1 MiB are refused", multipart(lambda body: body[: 1048576 + 93])),
    "form-files-to-16-kib": Wrong("files of more than 16 KiB are refused", multipart(lambda body: body[: 16384 + 93])),
    "form-without-limits": Wrong("a form has no limits", answered(200)),
    "form-length-needed": Wrong("a form needs Content-Length", without_length),
    "form-slow-in-line-ends": Wrong(
        "many line ends need long", blocked(lambda body, kind: b"\r\r\r\r" in body or b"\n\r\n\r\n\r\n" in body)
    ),
    "form-slow-behind-line-ends": Wrong(
        "a file that begins with a line end needs long", blocked(lambda body, kind: b"\r\n\r\n\r\naaaa" in body)
    ),
    "form-slow-in-delimiters": Wrong(
        "half delimiters need long", blocked(lambda body, kind: body.count(b"\r\n--") > 1000)
    ),
    "form-slow-in-fields": Wrong(
        "many fields need long", blocked(lambda body, kind: body.count(b"=") > 9000 or body.count(b"&a") > 9000)
    ),
    "form-slow-in-types": Wrong("a long type needs long", blocked(lambda body, kind: len(kind) > 4096)),
}
