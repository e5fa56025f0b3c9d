"""Folding: entries of a list that are alike and are values of one matrix, as one entry. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.model.addresses import bare
from engine.model.delivery import WHOLE

T = TypeVar("T")

NAMED = 6
"""The number of values that a folded entry names on a terminal."""


@dataclass(frozen=True, slots=True)
class Folded(Generic[T]):
    """Entries of one case that are alike. ``address`` is that of the one entry, or, for several values of a matrix, the
    case with their number: ``specs/x.yaml::echo[71 values]``; ``values`` are the names of these, else empty."""

    address: str
    items: tuple[T, ...]
    values: tuple[str, ...] = ()

    @property
    def first(self) -> T:
        return self.items[0]

    def named(self, most: int = 0) -> str:
        """The values with commas between them; after ``most`` of them, only their number. 0 is no limit."""
        more = len(self.values) - most if most else 0
        values = self.values if more <= 0 else self.values[:most]
        return ", ".join(values) + (f" and {more} more" if more > 0 else "")


def fold(items: Iterable[T], address: Callable[[T], str], alike: Callable[[T], Hashable]) -> tuple[Folded[T], ...]:
    """Some entries, in their order, with those as one that have the same case and are ``alike``. ``address`` gives the
    address of an entry, and each entry has another one."""
    groups: dict[tuple[str, Hashable], list[T]] = {}
    for item in items:
        groups.setdefault((bare(address(item)), alike(item)), []).append(item)
    return tuple(_folded(stem, group, [address(item) for item in group]) for (stem, _), group in groups.items())


def _folded(stem: str, group: list[T], addresses: list[str]) -> Folded[T]:
    if len(group) == 1:
        return Folded(addresses[0], tuple(group))
    values = tuple(one.removeprefix(stem).removeprefix("[").removesuffix("]") or WHOLE.described for one in addresses)
    return Folded(f"{stem}[{len(values)} values]", tuple(group), values)
