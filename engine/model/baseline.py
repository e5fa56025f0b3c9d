"""The baseline: failures that are known, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.case import Selector
from engine.model.places import Place


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One line of the baseline. ``case`` is the address (``specs/http/scope.yaml::type-is-http``), with the name of a
    matrix's value in brackets, or without for all of them."""

    case: str
    selector: Selector
    because: str
    link: str
    place: Place
