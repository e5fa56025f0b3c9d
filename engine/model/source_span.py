"""Spans in documents."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceSpan:
    """A span within one line. ``line`` and ``column`` count from 1, in characters; ``length`` is at least 1.

    ``file`` is the path as the user would type it, relative to the working directory. ``NOWHERE`` has line 0.
    """

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = SourceSpan("", 0, 0, 0)
