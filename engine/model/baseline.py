"""The baseline: known failures, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.model.case import Selector
from engine.model.source_span import SourceSpan


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry of a baseline. ``case`` is an address (``specs/http/scope.yaml::type-is-http``), with the name of a
    matrix value in brackets, or without for all of them.

    ``versions`` is a range of the server's versions by PEP 440 (``>=25,<27``), ``framework_versions`` one of the
    framework's; "" for all. The entry applies up to and including the day ``until``. A failure that occurs
    ``sometimes`` may be missing in a run: a pass is an ordinary pass then. ``observed`` is the failure when the engine
    wrote the entry; ``because`` is a person's reason, "" until there is one. ``places`` are the spans of the
    values by key, and of each name under ``servers`` and the like as ``servers.NAME``.
    """

    case: str
    selector: Selector
    because: str
    link: str
    place: SourceSpan
    versions: str = ""
    framework_versions: str = ""
    until: date | None = None
    observed: str = ""
    sometimes: bool = False
    places: Mapping[str, SourceSpan] = field(default_factory=dict)

    def at(self, key: str) -> SourceSpan:
        """The span of a key's value; that of the entry if it lacks the key."""
        return self.places.get(key, self.place)
