"""Discovery of extensions: one module an extension, sorted by name, without a list to maintain."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from engine.errors import Defect, UsageError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """Named values of one kind, in the order of their names."""

    def __init__(self, sort: str, things: Iterable[T]) -> None:
        """``sort`` is the noun for messages ("step type"). Raises Defect if two values share a name."""
        self.sort = sort
        found: dict[str, T] = {}
        for thing in things:
            if thing.name in found:
                raise Defect(f"two things of sort {sort!r} are called {thing.name!r}")
            found[thing.name] = thing
        self._things = dict(sorted(found.items()))

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def pick(self, name: str) -> T:
        """The value of that name. Raises UsageError, which suggests the nearest name, if there is none."""
        if name not in self._things:
            raise UsageError(f"there is no {self.sort} called {name!r}", hint=nearest(name, self._things))
        return self._things[name]


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word: the nearest of ``known``; all of them if none is near; "" if there are none."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(names)) if names else ""


def modules(package: str, *, deep: bool = False) -> list[ModuleType]:
    """Import and return every module of a package, sorted by name. ``deep`` includes the packages inside it."""
    root = importlib.import_module(package)
    found: list[ModuleType] = []
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda info: info.name):
        name = f"{package}.{info.name}"
        if not info.ispkg:
            found.append(importlib.import_module(name))
        elif deep:
            found += modules(name, deep=True)
    return found


def found(package: str, attribute: str, *, deep: bool = False) -> list[object]:
    """The values of ``attribute`` in the modules of a package, in the order of ``modules``. A tuple counts as several
    values."""
    values: list[object] = []
    for module in modules(package, deep=deep):
        value = getattr(module, attribute, None)
        if isinstance(value, tuple):
            values.extend(value)
        elif value is not None:
            values.append(value)
    return values
