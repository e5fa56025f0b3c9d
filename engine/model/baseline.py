"""The baseline: failures that are known, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.model.case import Selector
from engine.model.source_span import SourceSpan


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One line of the baseline. ``case`` is the address (``specs/http/scope.yaml::type-is-http``), with the name of a
    matrix's value in brackets, or without for all of them.

    ``versions`` is a range of the server's versions in the notation of PEP 440 (``>=25,<27``), ``framework_versions``
    one of the framework's; "" for all. After the day ``until`` the line excuses nothing. ``observed`` is what the
    engine saw when it wrote the line; ``because`` is a person's, and "" until somebody has written it. ``places`` has
    those of the values by their keys, and of each name under ``servers`` and its like as ``servers.NAME``.
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
    places: Mapping[str, SourceSpan] = field(default_factory=dict)

    def at(self, key: str) -> SourceSpan:
        """Where the value of a key stands; the line itself where it has no such key."""
        return self.places.get(key, self.place)
