"""The key that an unknown one probably means: its equivalent in another tool's words, or the nearest spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from engine.registry import nearest

# Words that people bring from other tools, each with those of the language in the order in which they are looked for.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "assert": ("expect",),
    "data": ("body",),
    "delay": ("pause", "sleep"),
    "params": ("query",),
    "pause": ("sleep",),
    "sleep": ("pause",),
    "timeout": ("within",),
    "uri": ("path",),
    "url": ("path",),
    "wait": ("pause", "sleep", "within"),
}


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that an unknown one probably means, or ""."""
    names = list(known)
    for other in SYNONYMS.get(word, ()):
        if other in names:
            return other
    same = [name for name in names if name.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else ""


def hint(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the one that it probably means, or all known words."""
    names = list(known)
    found = meant(word, names)
    return f"did you mean {found!r}?" if found else nearest(word, names)
