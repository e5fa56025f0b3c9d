"""Byte strings as a case writes them, and bytes as they are observed."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import urllib.parse
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from engine.model.variables import Variable, WrongValue, fill, resolve


class WireBytes(bytes):
    """Bytes that crossed the wire. A text in an expectation stands for its UTF-8.

    Plain ``bytes`` were given to an application; a text never equals them.
    """


@dataclass(frozen=True)
class TruncatedBytes:
    """A long byte string, of which the observer kept the ``size`` in bytes, the SHA-256 in hex, and the beginning."""

    size: int
    sha256: str
    head: bytes

    def same_as(self, data: bytes) -> bool:
        return len(data) == self.size and hashlib.sha256(data).hexdigest() == self.sha256


@dataclass(frozen=True)
class ByteStringPart:
    """One part of a byte string: a form (``hex``, ``fill``, ... in docs/language.md) and its argument: text, a
    Variable, a ByteString, or a dict or tuple of those, as ``render_part`` reads it."""

    word: str
    argument: object


@dataclass(frozen=True)
class ByteString:
    """A byte string as a case writes it: parts that are joined, once the variables have values."""

    parts: tuple[ByteStringPart, ...]

    def render(self, known: Mapping[str, object]) -> bytes:
        """The bytes. Raises Unknown for a variable without a value, ValueError for a value that cannot be encoded."""
        return b"".join([render_part(part, known) for part in self.parts])


def size_of(data: ByteString) -> int:
    """An estimate of the size in bytes before rendering. A variable counts as 16."""
    return sum(_size_of_part(part) for part in data.parts)


def _size_of_part(part: ByteStringPart) -> int:
    argument = part.argument
    if isinstance(argument, str):
        return len(argument)
    if not isinstance(argument, Mapping):
        return 16
    inner = [one for value in argument.values() for one in (value if isinstance(value, tuple) else (value,))]
    held = sum(size_of(one) for one in inner if isinstance(one, ByteString))
    count = argument.get("size", argument.get("count", 1))
    times = count if isinstance(count, int) else 1
    return max(held, times) if part.word in ("fill", "random") else max(times, 1) * held


def plain(text: str) -> ByteString:
    """The byte string of a text in UTF-8, variables included."""
    return ByteString((ByteStringPart("text", text),))


def to_bytes(value: object) -> bytes:
    """A variable's value as bytes: bytes unchanged, a text in UTF-8, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool) or value is None:
        return json.dumps(value).encode()
    if isinstance(value, (int, float)):
        return str(value).encode()
    return json.dumps(value, ensure_ascii=False).encode()


def render_part(part: ByteStringPart, known: Mapping[str, object]) -> bytes:
    """The bytes of one part; its form is one of docs/language.md's table of bytes. Raises Unknown and ValueError."""
    argument = part.argument
    match part.word:
        case "text":
            return fill(str(argument), known).encode()
        case "latin1":
            return fill(str(argument), known).encode("latin-1")
        case "hex":
            return bytes.fromhex(fill(str(argument), known))
        case "base64":
            return base64.b64decode(fill(str(argument), known), validate=True)
        case "json":
            return json.dumps(resolve(argument, known), ensure_ascii=False).encode()
        case "form":
            return urllib.parse.urlencode(cast(dict[str, object], resolve(argument, known)), doseq=True).encode()
        case "head":
            return lines(fill(str(argument), known).encode()) + b"\r\n"
        case "lines":
            return lines(fill(str(argument), known).encode())
        case "var":
            return to_bytes(resolve(cast(Variable, argument), known))
    options = cast(dict[str, object], argument)
    match part.word:
        case "fill":
            size = number(options["size"], known)
            pattern = cast(ByteString, options["of"]).render(known)
            return (pattern * (size // len(pattern) + 1))[:size]
        case "random":
            return random.Random(number(options["seed"], known)).randbytes(number(options["size"], known))
        case "times":
            return cast(ByteString, options["of"]).render(known) * number(options["count"], known)
        case "chunked":
            pieces = [piece.render(known) for piece in cast(tuple[ByteString, ...], options["pieces"])]
            return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        case "deflated":
            return _deflated(options, known)
    raise ValueError(f"no such byte literal: {part.word}")


def _deflated(options: Mapping[str, object], known: Mapping[str, object]) -> bytes:
    """A message as permessage-deflate writes it (RFC 7692, section 7.2.1), the last of those on one compressor."""
    bits, level = number(options.get("window_bits", 15), known), number(options.get("level", 6), known)
    if not 9 <= bits <= 15:
        raise WrongValue(f"window_bits is {bits}, and should be 9 to 15")
    if not 0 <= level <= 9:
        raise WrongValue(f"level is {level}, and should be 0 to 9")
    packer = zlib.compressobj(level, wbits=-bits)
    for earlier in cast(tuple[ByteString, ...], options.get("after", ())):
        packer.compress(earlier.render(known))
        packer.flush(zlib.Z_SYNC_FLUSH)
    data = packer.compress(cast(ByteString, options["of"]).render(known))
    if options.get("final"):
        # The header of an empty block follows the last one (section 7.2.3.4).
        return data + packer.flush(zlib.Z_FINISH) + b"\0"
    return (data + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def number(value: object, known: Mapping[str, object]) -> int:
    """A size or count as an int; a Variable is looked up. Raises ValueError for anything that is no int."""
    found = resolve(value, known)
    if isinstance(found, bool) or not isinstance(found, int):
        raise WrongValue(f"{found!r} is not a whole number")
    return found


def lines(text: bytes) -> bytes:
    """The same lines, each with CRLF at its end in the place of LF or CRLF."""
    rows = text.split(b"\n")
    if rows and rows[-1] == b"":
        rows.pop()
    return b"".join(row.removesuffix(b"\r") + b"\r\n" for row in rows)
