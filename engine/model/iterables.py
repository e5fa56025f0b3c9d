"""Iterables that an application gives to a server in place of a list."""

from __future__ import annotations

from dataclasses import dataclass

TUPLE, ONCE = "tuple", "once"


@dataclass(frozen=True)
class AppIterable:
    """``{tuple: [...]}`` or ``{once: [...]}``: a tuple, or an iterator, which yields its items only once."""

    kind: str
    items: tuple[object, ...]
