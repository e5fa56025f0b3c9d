"""Previews: the bytes that a step will send, known before there is a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

P = TypeVar("P")


@dataclass(frozen=True)
class PreviewBytes:
    """Bytes that a step will send; ``what`` says which, where the bytes do not: ``text frame, masked``."""

    data: bytes
    what: str = ""


def field_lines(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Fields of HTTP/2 as lines."""
    return b"".join(b"%s: %s\n" % pair for pair in pairs)


Preview = Callable[[P, Mapping[str, object], str], Sequence[PreviewBytes]]
