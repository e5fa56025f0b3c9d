"""Previews: the bytes that a step will send, known before there is a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

P = TypeVar("P")


@dataclass(frozen=True)
class PreviewBytes:
    """Bytes that a step will send; ``what`` says which, where the bytes do not: ``text frame, masked``."""

    data: bytes
    what: str = ""


Preview = Callable[[P, Mapping[str, object], str], Sequence[PreviewBytes]]
