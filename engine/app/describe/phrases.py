"""Matchers in words: ``{at_least: 400, not: 500}`` is "is at least 400, and is not 500"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.app.describe.before import Placeholders, in_words
from engine.matchers.base import Operator
from engine.matchers.phrases import indicative
from engine.model.expectation import Matcher
from engine.model.quantities import show_size
from engine.model.showing import as_text
from engine.model.variables import Unknown, Variable, resolve
from engine.model.wire_bytes import ByteString

# Longer texts and bytes are shown by their size and their beginning.
LONGEST = 120
BEGINNING = 40


def time_in_words(value: float) -> str:
    """A time as a case has it: ``200 ms``, ``1.5 s``."""
    return f"{value * 1000:g} ms" if 0 < value < 1 else f"{value:g} s"


def shortened(value: object) -> str:
    """A value as the language would write it; a long text by its length and its beginning."""
    if isinstance(value, (str, bytes)) and len(value) > LONGEST:
        unit = "B" if isinstance(value, bytes) else "characters"
        return f"{as_text(value[:BEGINNING])}… ({len(value)} {unit})"
    return as_text(value, 4 * LONGEST)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Puts matchers into words. ``variables`` are those that the case's matrix has filled in."""

    operators: Mapping[str, Operator]
    variables: Mapping[str, object]

    def phrase(self, matcher: Matcher, dimension: str = "") -> str:
        """The requirement of a matcher, as a phrase behind a fact's name. ``dimension`` is the fact's: ``time``,
        ``size`` or ""; it gives a variable its unit."""

        def show(value: object) -> str:
            return self.value(value, dimension if isinstance(value, Variable) else "")

        return indicative(matcher, self.operators, show)

    def value(self, value: object, dimension: str = "") -> str:
        """A value as the language would write it; ``$(name)`` where only the run knows it."""
        if isinstance(value, Variable) and value.name not in self.variables:
            return f"$({value.name})" + (f" + {value.plus:g}" if value.plus is not None else "")
        if isinstance(value, ByteString):
            found = in_words(value, self.variables)
            return shortened(found) if isinstance(found, bytes) else found
        try:
            value = resolve(value, Placeholders(self.variables))
        except (Unknown, TypeError):
            return as_text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and dimension:
            return time_in_words(value) if dimension == "time" else show_size(int(value))
        return shortened(value)
