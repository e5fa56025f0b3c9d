"""A mistake in a document as a value, and the list into which every part of the loader puts what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.source_span import SourceSpan

LIMIT = 200
"""So many mistakes of one file are shown; a file with more is no document but an accident."""


class Severity(StrEnum):
    """An error keeps a document from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: where it stands, a stable ``code`` in kebab-case, what is wrong, and how to mend it."""

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
    """The mistakes of one file, in the order in which they were found; identical ones are kept once.

    ``taken`` are the places that the composer has complained about. Whatever a later stage would say about the same
    place follows from the first mistake, and is left out; so is what it would say about a value that stands nowhere,
    which the loader itself has put in. ``formed`` are the places that the schema has complained about, each as a key's
    or as a value's. ``errors`` counts those that are no warnings.
    """

    found: dict[Diagnostic, None] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)
    formed: set[tuple[int, int, bool]] = field(default_factory=set)
    errors: int = 0

    def error(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Note a mistake, unless the place has one of the first kind already."""
        self.add(Diagnostic(place, code, what, hint))

    def warning(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Note what is allowed and most likely not meant."""
        self.add(Diagnostic(place, code, what, hint, Severity.WARNING))

    def add(self, found: Diagnostic) -> None:
        """Note an error or a warning, unless the place has a mistake of the first kind or is none."""
        place = found.place
        if place.line and not self.is_taken(place) and found not in self.found:
            self.errors += found.is_error
            self.found[found] = None

    def claim(self, place: SourceSpan, code: str, what: str, hint: str = "") -> None:
        """Note a mistake of syntax, and keep the place for it: one mistake a place."""
        self.error(place, code, what, hint)
        self.taken.add((place.line, place.column))

    def is_taken(self, place: SourceSpan) -> bool:
        """True if the composer has complained about a place."""
        return (place.line, place.column) in self.taken

    def form(self, place: SourceSpan, code: str, what: str, hint: str = "", *, of_key: bool = False) -> None:
        """Note a mistake of form: one for each value, and one for each key (``of_key``), which may stand where a
        mapping begins."""
        at = place.line, place.column, of_key
        if at not in self.formed:
            self.formed.add(at)
            self.error(place, code, what, hint)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them by place, cut at LIMIT with a last line that counts the rest."""
        inside = sorted(self.found, key=lambda one: (one.place.file, one.place.line, one.place.column))
        if len(inside) <= LIMIT:
            return tuple(inside)
        rest = inside[LIMIT:]
        more = Diagnostic(rest[0].place, "too-many", f"{len(rest)} more mistakes in this file are not shown")
        return (*inside[:LIMIT], more)
