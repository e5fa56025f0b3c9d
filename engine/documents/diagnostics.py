"""Diagnostics: one error in a document as a value, and the collection that all stages of the loader add to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.source_span import SourceSpan

LIMIT = 200
"""The number of errors shown for one file; a file with more is probably not a spec file."""


class Severity(StrEnum):
    """An error keeps a document from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error: its span, a stable ``code`` in kebab-case, a sentence, and a hint or ""."""

    place: SourceSpan
    code: str
    what: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass(slots=True)
class Notes:
    """The errors of one file, in the order of their discovery; duplicates are dropped.

    ``taken`` are the positions of the composer's errors. A later error at the same position follows from the first and
    is dropped; so is one about a value without a position, which the loader itself inserted. ``formed`` are the
    positions of the schema's errors, as a key's or as a value's. ``unresolved`` are the positions of values with an
    unknown variable, where other errors follow from that. ``errors`` counts those that are not warnings.
    """

    found: dict[Diagnostic, None] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)
    formed: set[tuple[int, int, bool]] = field(default_factory=set)
    unresolved: set[tuple[int, int]] = field(default_factory=set)
    errors: int = 0

    def error(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Add an error, unless the composer has one at its position."""
        self.add(Diagnostic(place, code, what, hint))

    def warning(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Add a warning: something that is allowed but probably not intended."""
        self.add(Diagnostic(place, code, what, hint, Severity.WARNING))

    def add(self, found: Diagnostic) -> None:
        """Add an error or a warning, unless it follows from another one at its position, or has no position."""
        place = found.place
        if place.line and not self.is_taken(place) and not self._follows(found) and found not in self.found:
            self.errors += found.is_error
            self.found[found] = None

    def claim(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Add a syntax error, and reserve its position."""
        self.error(place, code, what, hint)
        self.taken.add((place.line, place.column))

    def variable(self, place: SourceSpan, value: SourceSpan, what: str, hint: str = "") -> None:
        """Add an error about an unknown variable at ``place``, in the value at ``value``. Later errors about the value
        are dropped."""
        self.error(place, "unknown-variable", what, hint)
        self.unresolved.add((value.line, value.column))

    def _follows(self, found: Diagnostic) -> bool:
        place = found.place
        return found.code != "unknown-variable" and (place.line, place.column) in self.unresolved

    def is_taken(self, place: SourceSpan) -> bool:
        """True if the composer has an error at that position."""
        return (place.line, place.column) in self.taken

    def form(self, place: SourceSpan, code: str, what: str, hint: str = "", *, of_key: bool = False) -> None:
        """Add a structural error: one for each value, and one for each key (``of_key``), which may share its position
        with a mapping."""
        at = place.line, place.column, of_key
        if at not in self.formed:
            self.formed.add(at)
            self.error(place, code, what, hint)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them by position, truncated at LIMIT with a last line that counts the rest."""
        inside = sorted(self.found, key=lambda one: (one.place.file, one.place.line, one.place.column))
        if len(inside) <= LIMIT:
            return tuple(inside)
        rest = inside[LIMIT:]
        more = Diagnostic(rest[0].place, "too-many", f"{len(rest)} more errors in this file are not shown")
        return (*inside[:LIMIT], more)
