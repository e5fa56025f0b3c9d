"""What ``engine list`` can list: one file a family, found by its ``SORTS``."""

from __future__ import annotations

from typing import cast

from engine.app.lists.base import ListKind
from engine.registry import Registry, found


def sorts() -> Registry[ListKind]:
    """Every sort of thing that can be listed, by name."""
    return Registry("list", [cast(ListKind, sort) for sort in found("engine.app.lists", "SORTS")])
