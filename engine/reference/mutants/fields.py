"""Faults in reading the fields of a request: their names, values, sizes and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import connection, head
from ..connection import ServerConnection
from ..limits import LIMITS
from ..refused import RequestRefused
from .base import Install, Mutant, everywhere, heads, replaced, scopes, together
from .head import _as, _hanging, _next

Line = Callable[[bytes], bytes | None]
# White space that h11 would remove, and what stands for it until the scope is made.
HIDDEN = bytes.maketrans(b" \t", b"\xfd\xfe")
SHOWN = bytes.maketrans(b"\xfd\xfe", b" \t")
NO_TOKEN = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")


def _lines(change: Line) -> Install:
    """Change each line of a head but the first; None drops it."""

    def changed(data: bytes) -> bytes:
        first, *lines = data[:-4].split(b"\r\n")
        kept = [new for line in lines if (new := change(line)) is not None]
        return b"\r\n".join([first, *kept, b"", b""])

    return heads(changed)


def _of_text(data: bytes) -> bytes:
    """A head divided as Python divides text: at more characters than CR and LF."""
    return b"\r\n".join(line.encode("latin-1") for line in data[:-4].decode("latin-1").splitlines()) + b"\r\n\r\n"


def _names(change: Callable[[bytes], bytes | None]) -> Install:
    """Change the name of each field; None drops the field."""

    def changed(line: bytes) -> bytes | None:
        name, colon, value = line.partition(b":")
        new = change(name)
        return None if new is None else new + colon + value

    return _lines(changed)


def _values(change: Callable[[bytes], bytes | None]) -> Install:
    """Change the value of each field, with the white space around it; None drops the field."""

    def changed(line: bytes) -> bytes | None:
        name, colon, value = line.partition(b":")
        new = change(value)
        return None if new is None else name + colon + new

    return _lines(changed)


def _seen(change: Callable[[bytes, bytes], tuple[bytes, bytes] | None]) -> Install:
    """Change each field of the scope; None drops it."""

    def changed(scope: dict[str, Any]) -> None:
        pairs = [change(name, value) for name, value in scope["headers"]]
        scope["headers"] = [pair for pair in pairs if pair is not None]

    return scopes(changed)


def _subs(pattern: bytes, new: bytes) -> Install:
    expression = re.compile(pattern, re.IGNORECASE)
    return heads(lambda data: expression.sub(new, data))


def _refusing(pattern: bytes) -> Install:
    """Refuse each head that has a field line with a pattern."""
    expression = re.compile(pattern)

    def wrong(right: Any) -> Any:
        def request(method: bytes, path: bytes, version: str, lines: list[bytes], limits: Any) -> Any:
            if any(expression.search(line) for line in lines):
                raise RequestRefused(400, "H1-29", "not here")
            return right(method, path, version, lines, limits)

        return request

    return everywhere(head._request, wrong)


def _joined(data: bytes) -> bytes:
    """A line without a colon goes on in the next."""
    line, end, rest = data.partition(b"\r\n")
    return line + end + re.sub(rb"(?m)^([^:\r\n]+)\r?\n[ \t]*(?=[^\r\n])", rb"\1", rest)


def _head_ends_at_cr(right: Any) -> Any:
    """The head ends where an empty line has only its CR."""

    def take(buffer: bytearray, *more: Any) -> Any:
        end = buffer.find(b"\r\n\r")
        if end >= 0 and bytes(buffer[end + 3 : end + 4]) not in (b"", b"\n"):
            buffer[end + 3 : end + 3] = b"\n"
        return right(buffer, *more)

    return take


def _narrowed(limit: str, by: int) -> Install:
    """Lower a limit of heads, as it is configured."""

    def wrong(right: Any) -> Any:
        return lambda buffer, given=LIMITS: right(buffer, replace(given, **{limit: getattr(given, limit) - by}))

    return replaced(connection, "take", wrong)


def _counting(size: int, most: int) -> Install:
    """Count the bytes and the fields of all requests of a connection, and refuse those beyond a limit."""
    seen: dict[int, list[int]] = {}

    def wrong(right: Any) -> Any:
        async def next_request(self: ServerConnection) -> Any:
            request = await right(self)
            if request is not None:
                sums = seen.setdefault(id(self), [0, 0])
                sums[0] += sum(len(name) + len(value) for name, value in request.fields)
                sums[1] += len(request.fields)
                if sums[0] > size or sums[1] > most:
                    raise RequestRefused(431, "H1-33", "too much on this connection")
            return request

        return next_request

    return replaced(ServerConnection, "_next", wrong)


def _is_connection(line: bytes) -> bool:
    return line.lower().startswith(b"connection:")


def _value(line: bytes) -> bytes:
    return line.partition(b":")[2].strip(b" \t").lower()


def _backwards(data: bytes) -> bytes:
    """The head with its lines in reverse order, behind the first."""
    first, *lines = data[:-4].split(b"\r\n")
    return b"\r\n".join([first, *reversed(lines), b"", b""])


def _firsts(data: bytes, names: tuple[bytes, ...] | None = (b"connection",)) -> bytes:
    """The head with only the first line of each of some names, or of all."""
    first, *lines = data[:-4].split(b"\r\n")
    seen: set[bytes] = set()
    kept = []
    for line in lines:
        name = line.partition(b":")[0].lower()
        if name not in seen or (names is not None and name not in names):
            kept.append(line)
        seen.add(name)
    return b"\r\n".join([first, *kept, b"", b""])


def _alone(right: Any) -> Any:
    async def next_request(self: ServerConnection) -> Any:
        request = await right(self)
        if request is not None and "close" in request.words(b"connection") and self._stream.buffer:
            raise RequestRefused(400, "SEM-22", "bytes after the last request")
        return request

    return next_request


def _once(right: Any) -> Any:
    def request(method: bytes, path: bytes, version: str, lines: list[bytes], limits: Any) -> Any:
        names = [line.partition(b":")[0].lower() for line in lines]
        if len(names) != len(set(names)):
            raise RequestRefused(400, "H1-29", "a field stands twice")
        return right(method, path, version, lines, limits)

    return request


MUTANTS: Mapping[str, Mutant] = {
    "names-made-tokens": Mutant(
        "bytes that no name can have become hyphens", _names(lambda name: NO_TOKEN.sub(b"-", name))
    ),
    "names-at-their-first-token": Mutant(
        "a name ends at its first byte that no name can have", _names(lambda name: NO_TOKEN.split(name)[0] or b"x")
    ),
    "plain-names-only": Mutant(
        "a name has letters, digits, hyphens and underscores", _refusing(rb"\A[^:]*[!#$%&'*+.^`|~]")
    ),
    "names-stripped": Mutant(
        "white space and control characters around a name are removed", _names(lambda n: n.strip())
    ),
    "colonless-lines-empty": Mutant(
        "a line without a colon is a field with an empty value",
        _lines(lambda line: line if b":" in line else line + b":"),
    ),
    "nameless-lines-dropped": Mutant(
        "a line without a name is dropped", _lines(lambda line: None if line.startswith(b":") else line)
    ),
    "names-on-two-lines": Mutant("a name goes on in the next line", heads(_joined)),
    "first-line-stripped": Mutant(
        "white space before the first field is removed", _subs(rb"\A([^\r\n]*\r\n)[ \t]+(?=[^\r\n])", rb"\1")
    ),
    "trailing-space-kept": Mutant(
        "white space after a value is part of it",
        together(
            _values(
                lambda v: v.rstrip(b" \t") + v[len(v.rstrip(b" \t")) :].translate(HIDDEN) if v.strip(b" \t") else v
            ),
            _seen(lambda n, v: (n, v.translate(SHOWN))),
        ),
    ),
    "inner-space-collapsed": Mutant(
        "white space inside a value becomes one space", _seen(lambda n, v: (n, b" ".join(v.split())))
    ),
    "tabs-kept": Mutant(
        "a tab before a value is part of it",
        together(
            _values(lambda v: re.sub(rb"\A *\t", lambda found: found[0].translate(HIDDEN), v)),
            _seen(lambda n, v: (n, v.translate(SHOWN).lstrip(b" "))),
        ),
    ),
    "long-space-kept": Mutant(
        "of white space around a value, 1,000 bytes are removed",
        _values(lambda v: b"x" * max(0, len(v) - len(v.lstrip(b" \t")) - 1000) + v.strip(b" \t")),
    ),
    "empty-values-dropped": Mutant("a field with an empty value is dropped", _seen(lambda n, v: (n, v) if v else None)),
    "latin-1-space-trimmed": Mutant(
        "0x85 and 0xa0 around a value are removed", _seen(lambda n, v: (n, v.strip(b"\x85\xa0")))
    ),
    "lines-of-text": Mutant("a character at which text is divided into lines ends a field", heads(_of_text)),
    "obs-text-refused": Mutant("a value with a byte above 0x7f is refused", _refusing(rb"[\x80-\xff]")),
    "obs-text-replaced": Mutant(
        "bytes above 0x7f become question marks", _seen(lambda n, v: (n, re.sub(rb"[\x80-\xff]", b"?", v)))
    ),
    "values-split-at-commas": Mutant(
        "a value ends at its first comma", _seen(lambda n, v: (n, v.partition(b",")[0].rstrip(b" \t")))
    ),
    "controls-trimmed": Mutant(
        "control characters around a value are removed",
        _values(lambda v: b" " + v.strip(bytes(range(0x21)) + b"\x7f")),
    ),
    "controls-dropped": Mutant(
        "control characters in a value are removed", _values(lambda v: re.sub(rb"[\x00-\x08\x0b-\x1f\x7f]", b"", v))
    ),
    "nul-ends-a-value": Mutant("a value ends at NUL", _values(lambda v: v.partition(b"\0")[0])),
    "cr-ends-a-line": Mutant("a single CR ends a line", heads(lambda d: re.sub(rb"\r+(?!\n)", b"\r\n", d))),
    "lf-dropped": Mutant("a single LF is removed", heads(lambda d: re.sub(rb"(?<!\r)\n", b"", d))),
    "folds-without-space": Mutant(
        "a folded line is joined without a space", heads(lambda d: re.sub(rb"\r\n[ \t]+", b"", d))
    ),
    "folds-as-fields": Mutant(
        "white space at the beginning of a line is removed", heads(lambda d: re.sub(rb"\r\n[ \t]+(?=\S)", b"\r\n", d))
    ),
    "folds-dropped": Mutant(
        "a folded line is dropped", heads(lambda d: re.sub(rb"(?m)\r\n[ \t][^\r\n]*(?=\r\n)", b"", d))
    ),
    "head-ends-at-cr": Mutant("an empty line may end in CR", replaced(connection, "take", _head_ends_at_cr)),
    "head-ends-at-white-space": Mutant(
        "a line of white space ends the head", heads(lambda d: re.sub(rb"\r\n[ \t\x0b\x0c]+\r\n", b"\r\n\r\n", d))
    ),
    "values-cut": Mutant("a value has at most 16 KiB, and the rest is dropped", _seen(lambda n, v: (n, v[:16384]))),
    "names-cut": Mutant("a name has at most 255 bytes, and the rest is dropped", _seen(lambda n, v: (n[:255], v))),
    "fields-cut": Mutant(
        "fields after the hundredth are dropped",
        heads(lambda d: b"\r\n".join([*d[:-4].split(b"\r\n")[:101], b"", b""])),
    ),
    "heads-cut": Mutant(
        "of a head, 16 KiB are read, and the other lines dropped",
        heads(lambda d: d if len(d) <= 16384 else d[: d.rfind(b"\r\n", 0, 16384)] + b"\r\n\r\n"),
    ),
    "limit-of-a-connection": Mutant(
        "the limits of a head hold for all requests of a connection", _counting(64 * 1024, 256)
    ),
    "one-field-less": Mutant("the limit of the number of fields is one too low", _narrowed("fields", 1)),
    "one-field-more": Mutant("the limit of the number of fields is one too high", _narrowed("fields", -1)),
    "shorter-fields": Mutant("the limit of a field line includes 20 bytes of other things", _narrowed("field", 20)),
    "large-heads-500": Mutant("a head that is too large is answered with 500", replaced(*_next, _as(431, 500))),
    "large-heads-400": Mutant("a head that is too large is answered with 400", replaced(*_next, _as(431, 400))),
    "large-heads-hang": Mutant("a head that is too large is not answered", replaced(*_next, _hanging(431))),
    "close-alone-only": Mutant(
        "the option close counts if it is the whole value",
        _lines(lambda line: line if not _is_connection(line) or _value(line) == b"close" else b"X-" + line),
    ),
    "closing-option-in-lower-case": Mutant(
        "the option close counts in lower case",
        _lines(lambda line: line if not _is_connection(line) or b"close" in line else b"X-" + line),
    ),
    "close-in-any-word": Mutant(
        "every option with close in it is the option close",
        _lines(lambda line: b"Connection: close" if _is_connection(line) and b"close" in _value(line) else line),
    ),
    "first-connection-line": Mutant("of several lines of Connection the first one counts", heads(_firsts)),
    "last-connection-line": Mutant(
        "of several lines of Connection the last one counts", heads(lambda d: _backwards(_firsts(_backwards(d))))
    ),
    "keep-alive-before-close": Mutant(
        "the option keep-alive outweighs close",
        heads(lambda d: re.sub(rb"(?i)\bclose\b", b"x", d) if b"keep-alive" in d.lower() else d),
    ),
    "close-with-more-refused": Mutant(
        "a request with the option close is refused if more bytes follow", replaced(*_next, _alone)
    ),
    "first-line-of-each-name": Mutant("the first line of each name counts", heads(lambda d: _firsts(d, names=None))),
    "one-line-of-each-name": Mutant("a second line of a name is refused", everywhere(head._request, _once)),
    "lengths-stripped": Mutant(
        "bytes that are no digits around Content-Length are removed",
        heads(lambda d: re.sub(rb"(?i)(\r\ncontent-length:)[^0-9\r]*([0-9]+)[^0-9\r]*(?=\r)", rb"\1 \2", d)),
    ),
    "codings-stripped": Mutant(
        "bytes that are no letters around a transfer coding are removed",
        heads(lambda d: re.sub(rb"(?i)(\r\ntransfer-encoding:)[^a-z\r]*(chunked)[^a-z\r]*(?=\r)", rb"\1 \2", d)),
    ),
    "codings-with-control-characters": Mutant(
        "a transfer coding that is no token is dropped",
        heads(lambda d: re.sub(rb"(?i)\r\ntransfer-encoding: (?!chunked\r)[^\r]*(?=\r)", b"", d)),
    ),
}
