"""Data of the page as text that no HTML parser can misread: JSON, raw deflate, base64. Equal data give equal text.

A browser unpacks a part with ``DecompressionStream('deflate-raw')``. Details are packed one by one, so that a page with
thousands of them unpacks only the one that is opened.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

LEVEL = 9


def packed(document: Any) -> str:
    """JSON's types as base64 of raw deflate."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"), default=str)
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(text.encode("ascii")) + deflate.flush()).decode("ascii")


def unpacked(text: str) -> Any:
    """The inverse of ``packed``."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))


@dataclass(slots=True)
class Details:
    """Packed parts, one behind the other. A part is known by its number; ``ends`` are the offsets of their ends."""

    parts: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, document: Any) -> int:
        """Append a part. Its number."""
        text = packed(document)
        self.parts.append(text)
        self.ends.append((self.ends[-1] if self.ends else 0) + len(text))
        return len(self.parts) - 1

    @property
    def text(self) -> str:
        """All parts as one text."""
        return "".join(self.parts)


@dataclass(slots=True)
class Numbered:
    """Distinct values with their numbers, in the order in which they first appear."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def of(self, value: Any) -> int:
        """The number of a value."""
        return self.numbers.setdefault(value, len(self.numbers))

    def all(self, values: Iterable[Any]) -> list[int]:
        """The numbers of some values."""
        return [self.of(value) for value in values]

    @property
    def values(self) -> list[Any]:
        """The values by their numbers."""
        return list(self.numbers)
