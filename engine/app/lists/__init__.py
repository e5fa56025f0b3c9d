"""The lists of ``engine list``: one module a family, found by its ``SORTS``."""

from __future__ import annotations

from typing import cast

from engine.app.lists.base import ListKind
from engine.registry import Registry, found


def sorts() -> Registry[ListKind]:
    """Every sort of thing that can be listed, by name."""
    return Registry("list", [cast(ListKind, sort) for sort in found("engine.app.lists", "SORTS")])


def pick(name: str) -> ListKind:
    """The list of that name, or of that former name. Raises UsageError if there is none."""
    known = sorts()
    former = {sort.formerly: sort for sort in known.values() if sort.formerly}
    return former[name] if name in former else known.pick(name)
