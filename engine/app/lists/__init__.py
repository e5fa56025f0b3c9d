"""What ``engine list`` can list: one file a family, found by its ``SORTS``."""

from __future__ import annotations

from typing import cast

from engine.app.lists.base import Sort
from engine.registry import Registry, found


def sorts() -> Registry[Sort]:
    """Every sort of thing that can be listed, by name."""
    return Registry("list", [cast(Sort, sort) for sort in found("engine.app.lists", "SORTS")])
