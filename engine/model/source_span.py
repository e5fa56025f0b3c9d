"""Where something stands in a document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceSpan:
    """A stretch of one line. ``line`` and ``column`` count from 1; ``length`` is in characters, at least 1.

    ``file`` is the path as the user would type it, relative to where the engine runs.
    """

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = SourceSpan("", 0, 0, 0)
