"""Facts: the values that a step exposes to ``expect``, by name and type."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.facts import ANY, FactType


@dataclass(frozen=True)
class Fact:
    """A fact that a kind exposes.

    ``name`` may end in ``.*`` (one word follows: ``header.*``) or in ``[.*]`` (a path may follow: ``json[.*]``).
    ``type`` says which values it can have; ``parts`` the same of paths into a fact in ``[.*]``, each a pattern of
    fnmatch and a type, of which the first that fits counts.
    """

    name: str
    summary: str
    type: FactType = ANY
    parts: tuple[tuple[str, FactType], ...] = ()
