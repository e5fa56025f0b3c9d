"""Bugs that servers and frameworks had, and the releases with and without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.source_span import NOWHERE, SourceSpan

SERVER, FRAMEWORK = "server", "framework"


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug of a document of history.

    ``sort`` is SERVER or FRAMEWORK, and ``name`` that of the server or framework; the app of a framework runs under the
    server ``under``, "" for the default one. ``bad`` is a release with the bug, ``fixed`` one without it, "" if no
    release has fixed it. ``flags`` are options of the server's own for both; ``bad_pins`` and ``fixed_pins`` are pins
    like ``h11==0.14.0`` for the environment of each. ``cases`` are addresses of cases that fail on ``bad`` and pass on
    ``fixed``. ``places`` are the spans of the values by key, and of each name in a list as ``key.name``.
    """

    id: str
    sort: str
    name: str
    bad: str
    fixed: str
    title: str
    source: str
    category: str = ""
    under: str = ""
    flags: tuple[str, ...] = ()
    bad_pins: tuple[str, ...] = ()
    fixed_pins: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    http: str = ""
    place: SourceSpan = NOWHERE
    places: Mapping[str, SourceSpan] = field(default_factory=dict, compare=False)

    def at(self, key: str) -> SourceSpan:
        """The span of a key's value; that of the entry if it lacks the key."""
        return self.places.get(key, self.place)
