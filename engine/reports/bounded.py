"""A document of limited size: the last lines are left out, with a sentence that counts them. Pure.

GitHub rejects a summary of a job of more than 1 MiB (docs.github.com, "Workflow commands for GitHub Actions").
"""

from __future__ import annotations

from collections.abc import Iterable

MOST = 1024 * 1024
"""The size in bytes that no document exceeds."""
_NOTE = 200


def bounded(parts: Iterable[str], note: str, most: int = MOST) -> str:
    """The parts of a document as one text that ends in a line feed, at most ``most`` bytes of UTF-8. Parts are left out
    from the first one on that does not fit; of that one, its first lines stay. A part with an element such as
    ``<details>`` stays complete or is left out. ``note`` is a sentence about where to find the rest."""
    kept: list[str] = []
    left = most - _NOTE - len(note.encode("utf-8"))
    lost = 0
    for part in parts:
        size = len(part.encode("utf-8")) + 2
        if not lost and size <= left:
            kept.append(part)
            left -= size
            continue
        lines = part.split("\n")
        fits = 0 if lost or "<details>" in part else _fitting(lines, left)
        if fits:
            kept.append("\n".join(lines[:fits]))
        lost += len(lines) - fits
    if lost:
        kept.append(f"**{lost:,} {'line is' if lost == 1 else 'lines are'} left out here. {note}**")
    return "\n\n".join(kept) + "\n"


def _fitting(lines: list[str], left: int) -> int:
    """The number of lines from the first on that fit."""
    for number, line in enumerate(lines):
        left -= len(line.encode("utf-8")) + 1
        if left < 2:
            return number
    return len(lines)
