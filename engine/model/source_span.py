"""Spans in documents."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.packaged import display_path


@dataclass(frozen=True)
class SourceSpan:
    """A span within one line. ``line`` and ``column`` count from 1, in characters; ``length`` is at least 1.

    ``file`` is the path as the user would type it, relative to the working directory. ``NOWHERE`` has line 0.
    ``shown_file`` is that path as it is printed and recorded: a packaged document's as a checkout has it.
    """

    file: str
    line: int
    column: int
    length: int = 1

    @property
    def shown_file(self) -> str:
        """The path of the file as it is printed and recorded."""
        return display_path(self.file)

    def __str__(self) -> str:
        return f"{self.shown_file}:{self.line}:{self.column}"


NOWHERE = SourceSpan("", 0, 0, 0)

NEAR = 240
"""Characters of a line that an excerpt keeps on either side of a value, and of the value itself."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a document around a value, bounded: ``line`` is its text, ``column`` counts characters of it from 0
    to the value, ``length`` the characters of the value."""

    line: str
    column: int
    length: int


def excerpt(line: str, place: SourceSpan) -> Excerpt:
    """The excerpt of a whole line around a place in it."""
    start, length = max(place.column - 1, 0), min(max(place.length, 1), NEAR)
    first = max(start - NEAR, 0)
    return Excerpt(line[first : start + length + NEAR], start - first, length)
