"""Lines of documents for excerpts, as they are when first requested. A document is read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.model.source_span import Excerpt, SourceSpan, excerpt

# Bytes of a document that are read, and documents that are kept.
MOST, KEPT = 1024 * 1024, 64


class DocumentLines:
    """Returns the line of a document around a place."""

    def __init__(self) -> None:
        self._read = lru_cache(KEPT)(_lines)

    def __call__(self, place: SourceSpan) -> Excerpt | None:
        """The excerpt; None if the document cannot be read, or has no such line."""
        lines = self._read(place.file)
        return excerpt(lines[place.line - 1], place) if 0 < place.line <= len(lines) else None


def _lines(file: str) -> list[str]:
    try:
        path = Path(file)
        if not path.is_file():
            return []  # to open a named pipe would wait for its writer
        with path.open("rb") as opened:
            text = opened.read(MOST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return []
    return text.replace("\r\n", "\n").split("\n")
