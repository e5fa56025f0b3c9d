"""Which documents may be ones of clauses: what every suite depends on, told without reading YAML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.loading.diagnostics import Diagnostic
from engine.loading.files import Source, read_all


def sources(paths: Sequence[Path]) -> Iterator[Source]:
    """The documents at or below the paths that may be of clauses, sorted. What cannot be read is passed over."""
    for source in read_all(paths):
        if not isinstance(source, Diagnostic) and _may_be_clauses(source.text):
            yield source


def _may_be_clauses(text: str) -> bool:
    """Whether a document can be one of clauses: a look that saves composing every suite twice."""
    return text.startswith(("clauses:", "{", '"')) or "\nclauses:" in text
