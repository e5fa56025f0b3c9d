"""Discovery of the engine's parts: one module each, sorted by name, without a list to maintain.

An installed package can extend the engine by an entry point of the group ``engine.extensions``, whose value is the
package's name. Its subpackages, or modules, have the names of the engine's own parts: ``steps``, ``matchers``,
``commands``, ``gateways``, ``options``, ``reports``, ``servers``.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from engine.errors import Defect, UsageError

GROUP = "engine.extensions"
_INSTALLED = (".dist-info", ".egg-info")


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """Named values of one type, in the order of their names."""

    def __init__(self, sort: str, things: Iterable[T]) -> None:
        """``sort`` is the noun for messages ("step type"). Raises Defect if two values have the same name."""
        self.sort = sort
        found: dict[str, T] = {}
        for thing in things:
            if thing.name in found:
                raise Defect(f"there are two of the sort {sort!r} called {thing.name!r}")
            found[thing.name] = thing
        self._things = dict(sorted(found.items()))

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def pick(self, name: str) -> T:
        """The value with that name. Raises UsageError, which suggests the nearest name, if there is none."""
        if name not in self._things:
            raise UsageError(f"there is no {self.sort} called {name!r}", hint=nearest(name, self._things))
        return self._things[name]


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word: the nearest of ``known``, which may differ only in upper and lower case; all of them
    if none is similar; "" if there are none."""
    names = list(known)
    same = [name for name in names if name.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
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


@cache
def extensions() -> tuple[str, ...]:
    """The names of the packages that extend the engine, sorted, from the entry points of all installed packages.

    The files are read directly from the import path, since ``importlib.metadata`` takes 20 ms to import.
    """
    named: set[str] = set()
    for folder in sys.path:
        try:
            inside = [entry.path for entry in os.scandir(folder or ".") if entry.name.endswith(_INSTALLED)]
        except OSError:
            continue
        for path in inside:
            named.update(_entries(os.path.join(path, "entry_points.txt")))
    return tuple(sorted(named))


def _entries(path: str) -> Iterator[str]:
    """The values of the group in one file of entry points."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return
    _, _, rest = text.partition(f"[{GROUP}]")
    for line in rest.partition("\n[")[0].splitlines():
        _, equals, value = line.partition("=")
        if equals:
            yield value.strip()


def contributed(part: str, attribute: str) -> list[object]:
    """The values of ``attribute`` in the part of that name of each extension. A tuple counts as several values. Raises
    UsageError if an extension cannot be imported."""
    values: list[object] = []
    for package in extensions():
        name = f"{package}.{part}"
        try:
            spec = importlib.util.find_spec(name)
            if spec is None:
                continue
            inner = modules(name, deep=True) if spec.submodule_search_locations is not None else []
            values += _values([importlib.import_module(name), *inner], attribute)
        except ImportError as error:
            hint = f"its entry point of the group {GROUP} names it: fix it, or uninstall it"
            raise UsageError(f"the extension {package} cannot be imported: {error}", hint=hint) from error
    return values


def places(part: str) -> dict[str, str]:
    """The folders of that part in extensions, by the dotted names of their packages. Nothing in them is imported."""
    found: dict[str, str] = {}
    for package in extensions():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            inner = os.path.join(folder, part)
            if os.path.isdir(inner):
                found[f"{package}.{part}"] = inner
    return found


def found(package: str, attribute: str, *, deep: bool = False) -> list[object]:
    """The values of ``attribute`` in the modules of a package, in the order of ``modules``, followed by those of
    extensions. A tuple counts as several values."""
    return _values(modules(package, deep=deep), attribute) + contributed(package.rpartition(".")[2], attribute)


def _values(modules: Iterable[ModuleType], attribute: str) -> list[object]:
    values: list[object] = []
    for module in modules:
        value = getattr(module, attribute, None)
        if isinstance(value, tuple):
            values.extend(value)
        elif value is not None:
            values.append(value)
    return values
