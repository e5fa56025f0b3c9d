"""The rules of the architecture: who may import whom, no cycles, and a docstring on each module.

The table is that of docs/architecture.md. Imports inside functions count for the table, and not for cycles.
"""

from __future__ import annotations

import ast
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

MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "model": (),
    "inside": (),
    "errors": ("model",),
    "wire": ("model",),
    "registry": ("errors",),
    "channels": ("model", "errors"),
    "matchers": ("model", "registry", "errors"),
    "drivers": ("model", "wire", "channels", "registry", "errors"),
    "loading": ("model", "registry", "errors"),
    "targets": ("model", "registry", "errors"),
    "observation": ("model", "inside.records", "errors"),
    "reference": ("wire", "errors"),
    "execution": ("model", "errors", "drivers.base", "matchers.base"),
    "results": ("model", "errors"),
    "reports": ("model", "results", "registry"),
    "terminal": ("model", "results", "loading.diagnostics", "errors"),
    "app": (
        "model", "errors", "registry", "wire", "channels", "matchers", "drivers", "loading", "targets", "observation",
        "reference", "execution", "results", "reports", "terminal",
    ),
    "cli": ("app", "registry", "terminal", "model", "errors", "loading.diagnostics"),
    "__main__": ("cli",),
    "pytest_plugin": ("app", "terminal", "model", "errors", "loading.diagnostics"),
}  # fmt: skip

STANDARD_LIBRARY_ALONE = ("model", "inside", "errors", "registry")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the dotted name that it leads to, where it stands, and whether it runs when the module is loaded."""

    name: str
    line: int
    at_load: bool


def modules() -> list[Path]:
    return sorted(path for path in ENGINE.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """``engine/loading/text.py`` -> ``engine.loading.text``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def package_of(name: str) -> str:
    """The first name below ``engine``; "" for the package itself."""
    return name.split(".")[1] if name.startswith("engine.") else ""


@cache
def known() -> frozenset[str]:
    return frozenset(name_of(path) for path in modules())


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a module, at any depth, with relative names resolved. Those for type checkers alone run never."""
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


def allowed(package: str, target: str) -> bool:
    """Whether a module of ``package`` may import ``target``, a dotted name below ``engine``."""
    inner = target.removeprefix("engine.")
    if target == "engine" or inner.split(".")[0] == package:
        return True
    return any(inner == entry or inner.startswith(entry + ".") for entry in MAY_IMPORT[package])


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_what_the_table_allows(path: Path) -> None:
    package = package_of(name_of(path))
    if not package:
        return
    assert package in MAY_IMPORT, f"the table has no line for {package}"
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {package} may not import {one.name}"
        for one in imports(path)
        if one.name.split(".")[0] == "engine" and not allowed(package, one.name)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", STANDARD_LIBRARY_ALONE)
def test_some_packages_stand_on_the_standard_library(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {one.name}"
        for path in modules()
        if package_of(name_of(path)) == package
        for one in imports(path)
        if one.name.split(".")[0] not in (*sys.stdlib_module_names, "engine")
    ]
    assert not wrong, "\n".join(wrong)


COPIED: Mapping[str, tuple[str, ...]] = {"inside": (), "reference": ("h11", "websockets")}
"""Packages that are copied alone into targets, and what is installed beside them there."""


@pytest.mark.parametrize("package", COPIED)
def test_what_is_copied_into_targets_imports_what_is_there(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{one.line}: {one.name}"
        for path in modules()
        if package_of(name_of(path)) == package
        for one in imports(path)
        if one.name.split(".")[0] not in (*sys.stdlib_module_names, *COPIED[package])
        and not one.name.startswith(f"engine.{package}")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", COPIED)
def test_what_is_copied_into_targets_imports_relatively(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ENGINE / package).glob("*.py")
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
    packages = {path.name for path in ENGINE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    alone = {path.stem for path in ENGINE.glob("*.py")} - {"__init__"}
    assert packages | alone == set(MAY_IMPORT)


def test_the_rules_can_be_broken() -> None:
    assert allowed("execution", "engine.drivers.base")
    assert not allowed("execution", "engine.drivers.request")
    assert allowed("terminal", "engine.loading.diagnostics")
    assert not allowed("loading", "engine.matchers.base")
    assert not allowed("model", "engine.errors")
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    source = "def f():\n    from engine.matchers import base\nfrom . import text\nfrom ..model.case import Case\n"
    found = list(_imports(ast.parse(source).body, "engine.loading", at_load=True))
    assert [(one.name, one.at_load) for one in found][:1] == [("engine.matchers.base", False)]
    assert ("engine.model.case", True) in [(one.name, one.at_load) for one in found]
