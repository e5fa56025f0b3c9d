"""The rules of the architecture: who may import whom, no cycles, and a docstring on each module.

The table is that of docs/architecture.md, row by row. Imports inside functions count for the table, and not for cycles.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "engine"
LONGEST = 500

_STEPS = ("steps.api", "steps.shared", "protocols", "channels", "clients", "model", "errors", "registry")
_TARGETS = ("documents", "model", "registry", "errors", "targets.catalog", "targets.matrix", "targets.environments")
# What a host of targets builds on: no host knows another, nor the algorithm of a start.
_HOSTS = tuple(
    f"targets.runtimes.{name}" for name in ("base", "certificates", "driving", "logfile", "ports", "process_handle")
)
# A room is a package, and so is a part of one that has a line of its own. What has none belongs to the room around it.
MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "model": (),
    "errors": ("model",),
    "registry": ("errors",),
    "replacing": (),
    "documents": ("model", "errors"),
    "protocols": ("model", "errors"),
    "channels": ("model", "errors"),
    "clients": ("model", "errors"),
    "observer": ("observer.inside.records", "model", "errors"),
    "observer.inside": (),
    "matchers": ("model", "registry", "errors"),
    "steps": (),
    "steps.api": ("model", "errors"),
    "steps.shared": _STEPS,
    "steps.http1": _STEPS,
    "steps.stream": (*_STEPS, "steps.http1"),
    "steps.websocket": (*_STEPS, "steps.http1", "steps.stream", "steps.http2"),
    "steps.fastcgi": (*_STEPS, "steps.http1", "steps.stream"),
    "steps.http2": (*_STEPS, "steps.http1", "steps.stream"),
    "steps.request": (*_STEPS, "steps.http1", "steps.http2"),
    "steps.app": (*_STEPS, "steps.http1"),
    "steps.process": (*_STEPS, "steps.app"),
    "steps.flow": _STEPS,
    "loading": (
        "documents", "steps.api", "matchers.base", "observer.inside.command", "observer.inside.commands", "model",
        "registry", "replacing", "errors",
    ),
    "targets": (),
    "targets.catalog": ("documents", "model", "registry", "errors", "reference.mutants", "wrong_apps"),
    "targets.matrix": ("targets.catalog", "model", "registry", "errors"),
    "targets.environments": (*_TARGETS[:-1], "replacing"),
    "targets.runtimes": (*_TARGETS, "targets.runtimes.local.process"),
    "targets.runtimes.local": (*_TARGETS, *_HOSTS),
    "targets.runtimes.docker": (*_TARGETS, *_HOSTS),
    "targets.runtimes.external": (*_TARGETS, "targets.runtimes.readiness"),
    "targets.probing": (
        "documents", "protocols", *_TARGETS[1:], "replacing", "targets.runtimes.dialing", "targets.runtimes.readiness"
    ),
    "reference": ("errors",),
    "wrong_apps": (),
    "execution": ("execution.planning", "execution.runner", "steps.api", "matchers.base", "model", "errors"),
    "execution.planning": (
        "execution.job", "steps.api", "targets.catalog", "targets.matrix", "model", "registry", "errors"
    ),
    "execution.runner": ("execution.job", "reproduce", "steps.api", "matchers.base", "model", "errors"),
    "reproduce": ("protocols", "execution.planning", "steps.api", "observer.inside.commands", "model", "errors"),
    "reproduce.parts": (),
    "reproduce.unroll": ("steps", "protocols", "model", "errors"),
    "results": (),
    "results.record": ("model", "errors"),
    "results.analysis": ("results.record", "protocols", "model", "errors"),
    "results.baseline": ("results.record", "model", "errors"),
    "coverage": ("model", "errors"),
    "reports": ("results", "model", "registry", "errors"),
    "site": ("reports", "results", "model", "errors"),
    "terminal": ("results", "coverage", "documents.diagnostics", "model", "errors"),
    "worker": ("results.record", "model", "errors"),
    "app": (
        "model", "errors", "registry", "replacing", "documents", "protocols", "channels", "observer", "matchers",
        "steps", "loading", "targets", "reference", "execution", "reproduce", "results", "coverage", "reports", "site",
        "terminal", "worker",
    ),
    "cli": (
        "app", "results", "coverage", "reports", "execution.planning", "registry", "terminal", "documents.diagnostics",
        "model", "errors",
    ),
    "__main__": ("cli",),
    "pytest_plugin": (
        "app", "worker", "results", "execution.planning", "terminal", "documents.diagnostics", "model", "errors"
    ),
}  # fmt: skip

STANDARD_LIBRARY_ALONE = ("model", "observer.inside", "errors", "registry", "replacing")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the dotted name that it leads to, where it stands, and whether it runs when the module is loaded."""

    name: str
    line: int
    at_load: bool


def packages(folder: Path) -> set[str]:
    """The packages in a folder; a folder that only held some once is none."""
    return {path.name for path in folder.iterdir() if any(path.glob("*.py"))}


def modules() -> list[Path]:
    return sorted(path for path in ENGINE.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """``engine/loading/text.py`` -> ``engine.loading.text``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def room_of(name: str) -> str:
    """The room of a module: the longest name in the table that it is or lies in; "" for the package ``engine`` itself,
    and the module's own name below ``engine`` where the table has none."""
    inner = name.removeprefix("engine").removeprefix(".")
    rooms = [room for room in MAY_IMPORT if inner == room or inner.startswith(f"{room}.")]
    return max(rooms, key=len, default=inner)


@cache
def known() -> frozenset[str]:
    return frozenset(name_of(path) for path in modules())


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a module, at any depth, with relative names resolved, except those only for type checkers."""
    name = name_of(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return tuple(_imports(parsed(path).body, package, at_load=True))


def _imports(nodes: list[ast.stmt], package: str, *, at_load: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield Import(whole if whole in known() else base, node.lineno, at_load)
        else:
            inner = at_load and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                inner = False
            for field in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, field, []), package, at_load=inner)
            for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
                yield from _imports(part.body, package, at_load=inner)


def allowed(room: str, target: str) -> bool:
    """True if a module of ``room`` may import ``target``, a dotted name below ``engine``."""
    inner = target.removeprefix("engine.")
    if target == "engine" or room_of(target) == room:
        return True
    return any(inner == entry or inner.startswith(entry + ".") for entry in MAY_IMPORT[room])


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_what_the_table_allows(path: Path) -> None:
    room = room_of(name_of(path))
    if not room:
        return
    assert room in MAY_IMPORT, f"the table has no line for {room}"
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {room} may not import {one.name}"
        for one in imports(path)
        if one.name.split(".")[0] == "engine" and not allowed(room, one.name)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", STANDARD_LIBRARY_ALONE)
def test_some_packages_stand_on_the_standard_library(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {one.name}"
        for path in modules()
        if room_of(name_of(path)) == package
        for one in imports(path)
        if one.name.split(".")[0] not in (*sys.stdlib_module_names, "engine")
    ]
    assert not wrong, "\n".join(wrong)


COPIED: Mapping[str, tuple[str, ...]] = {"observer.inside": (), "reference": ("h11", "websockets"), "wrong_apps": ()}
"""Packages that are copied alone into targets, and what is installed beside them there."""


@pytest.mark.parametrize("package", COPIED)
def test_what_is_copied_into_targets_imports_what_is_there(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {one.name}"
        for path in modules()
        if room_of(name_of(path)) == package
        for one in imports(path)
        if one.name.split(".")[0] not in (*sys.stdlib_module_names, *COPIED[package])
        and not one.name.startswith(f"engine.{package}")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", COPIED)
def test_what_is_copied_into_targets_imports_relatively(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ENGINE.joinpath(*package.split(".")).glob("*.py")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "engine")
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "engine" for alias in node.names))
    ]
    assert not wrong, f"these run as engine_{package} too: {wrong}"


def test_there_is_no_import_cycle() -> None:
    graph = {name_of(path): {one.name for one in imports(path) if one.at_load} & known() for path in modules()}
    assert cycle_in({name: targets - {name} for name, targets in graph.items()}) == []


def cycle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """A way round in a graph, as the names on it; [] where there is none."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            if found := visit(target, [*way, name]):
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return []


def long_modules(sizes: Mapping[str, int]) -> list[str]:
    """Modules of more than LONGEST lines, longest first, each as a sentence."""
    found = sorted(((size, name) for name, size in sizes.items() if size > LONGEST), reverse=True)
    return [f"{name} has {size} lines; does it still hold one idea?" for size, name in found]


def test_no_cancellation_is_lost_in_wait_for() -> None:
    """asyncio.wait_for of Python 3.11 loses a cancellation at the same time as the result; asyncio.timeout does not."""
    assert [str(path) for path in ENGINE.rglob("*.py") if "asyncio.wait_for(" in path.read_text("utf-8")] == []


def test_long_modules_are_reported() -> None:
    """A warning, not a failure: a hard limit cuts ideas in pieces."""
    for sentence in long_modules(
        {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    ):
        warnings.warn(sentence, stacklevel=1)
    assert long_modules({"a": LONGEST, "b": LONGEST + 1}) == ["b has 501 lines; does it still hold one idea?"]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_says_what_it_is(path: Path) -> None:
    tree = parsed(path)
    if path.name == "__init__.py" and not tree.body:
        return
    assert ast.get_docstring(tree)


def test_the_table_has_a_line_for_each_package_and_no_other() -> None:
    alone = {path.stem for path in ENGINE.glob("*.py")} - {"__init__"}
    assert packages(ENGINE) | alone == {room for room in MAY_IMPORT if "." not in room}
    assert not [room for room in MAY_IMPORT if f"engine.{room}" not in known()]


def documented_rooms() -> dict[str, frozenset[str]]:
    """The table of rooms in docs/architecture.md: room -> the rooms that it may import."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("\n## Packages\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]
    return {row[0].strip("`"): frozenset(re.findall(r"`([^`]+)`", row[2])) for row in rows}


@pytest.mark.parametrize("room", [*MAY_IMPORT, *(documented_rooms().keys() - MAY_IMPORT)])
def test_the_documented_table_of_rooms_is_this_one(room: str) -> None:
    documented = documented_rooms()
    assert room in documented, f"docs/architecture.md has no row for {room}"
    assert room in MAY_IMPORT, f"docs/architecture.md has a row for {room}, which is no room"
    assert documented[room] == frozenset(MAY_IMPORT[room]), f"the row for {room} in docs/architecture.md is out of date"


def test_packages_in_parts_have_a_line_for_each_part() -> None:
    parted = {room.split(".")[0] for room in MAY_IMPORT if "." in room} - {"observer", "execution"}
    parts = {f"{name}.{part}" for name in parted for part in packages(ENGINE / name)}
    assert parts <= set(MAY_IMPORT)


def test_the_rules_can_be_broken() -> None:
    assert allowed("execution", "engine.steps.api.step_type")
    assert not allowed("execution", "engine.steps.request.step")
    assert allowed("steps.websocket", "engine.steps.http1.session")
    assert not allowed("steps.http1", "engine.steps.websocket.step")
    assert not allowed("results.record", "engine.results.analysis.grid")
    assert allowed("reports", "engine.results.analysis.grid")
    assert allowed("terminal", "engine.documents.diagnostics")
    assert not allowed("loading", "engine.matchers.text")
    assert not allowed("targets.runtimes", "engine.targets.probing.probes")
    assert not allowed("targets.environments", "engine.targets.runtimes.ports")
    assert not allowed("targets.runtimes.docker", "engine.targets.runtimes.local.process")
    assert not allowed("targets.runtimes.local", "engine.targets.runtimes.starter")
    assert not allowed("model", "engine.errors")
    assert room_of("engine.steps.request.step") == "steps.request"
    assert room_of("engine.execution.schedule") == "execution"
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    source = "def f():\n    from engine.matchers import base\nfrom . import text\nfrom ..model.case import Case\n"
    found = list(_imports(ast.parse(source).body, "engine.loading", at_load=True))
    assert [(one.name, one.at_load) for one in found][:1] == [("engine.matchers.base", False)]
    assert ("engine.model.case", True) in [(one.name, one.at_load) for one in found]
