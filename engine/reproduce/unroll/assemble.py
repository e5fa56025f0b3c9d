"""Selecting from the parts the definitions that a file uses. Pure, apart from reading the parts once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PARTS = Path(__file__).parents[1] / "parts"
# In this order a definition never precedes one that it needs when it is executed.
CLIENT = (
    "checks",
    "conditions",
    "wire",
    "tls",
    "http1",
    "browsing",
    "websocket",
    "fastcgi",
    "calls",
    "comparing",
    "flow",
    "server",
    "driving",
)
APPLICATION = ("app_parts",)


@dataclass(frozen=True)
class Definition:
    """A function, a class or a constant of a module: its name, its source, and the names in it. Of a class, ``methods``
    are the definitions in it that are only kept if something uses them, by name."""

    name: str
    source: str
    names: frozenset[str]
    methods: Mapping[str, Definition] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """The definitions of a module in order, and its imports by the name that they bind: ("asyncio", "") for a module,
    ("time", "sleep") for a name of one."""

    definitions: tuple[Definition, ...]
    imports: Mapping[str, tuple[str, str]]


@cache
def part(name: str) -> Module:
    """A module of the parts."""
    return parsed((PARTS / f"{name}.py").read_text("utf-8"))


def names_in(node: ast.AST) -> frozenset[str]:
    """The names that a tree takes from outside, and behind a dot its attributes."""
    found: set[str] = set()
    bound: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            found.add(f".{one.attr}")
        elif isinstance(one, ast.Name):
            (found if isinstance(one.ctx, ast.Load) else bound).add(one.id)
        elif isinstance(one, ast.arg):
            bound.add(one.arg)
        elif isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and one is not node:
            bound.add(one.name)
    if isinstance(node, ast.Module):
        bound = {name for one in node.body for name in defined(one)}
    return frozenset(found - bound)


def defined(node: ast.stmt) -> set[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


@cache
def parsed(text: str) -> Module:
    """A module from its source. Imports of the engine's own parts are left out: they are in the same file."""
    tree, lines = ast.parse(text), text.splitlines()
    imports: dict[str, tuple[str, str]] = {}
    definitions: list[Definition] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            imports |= {(one.asname or one.name.partition(".")[0]): (one.name, "") for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.module != "__future__" and not (node.module or "").startswith("engine."):
                imports |= {(one.asname or one.name): (node.module or "", one.name) for one in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            definitions.append(Definition(node.name, segment(node, lines), names_in(node)))
        elif isinstance(node, ast.ClassDef):
            definitions.append(of_class(node, lines))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                definitions.append(Definition(target.id, segment(node, lines), names_in(node) - {target.id}))
    return Module(tuple(definitions), imports)


def segment(node: ast.stmt, lines: list[str]) -> str:
    """The source of a statement, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return "\n".join(lines[first - 1 : node.end_lineno])


def of_class(node: ast.ClassDef, lines: list[str]) -> Definition:
    """A class without the methods that can be left out, and these methods."""
    methods: dict[str, Definition] = {}
    rest = ast.Module([*node.bases], [])  # type: ignore[list-item]
    names = set(names_in(rest))
    for one in node.body:
        optional = isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and not one.name.startswith("__")
        if optional and isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
            methods[one.name] = Definition(one.name, segment(one, lines), names_in(one))
        else:
            names |= names_in(one)
            methods[f" {one.lineno}"] = Definition("", segment(one, lines), names_in(one))
    head = lines[node.lineno - 1]
    return Definition(node.name, head, frozenset(names), methods)


def assemble(body: str, modules: Iterable[Module], overrides: Mapping[str, str] | None = None) -> Assembled:
    """The definitions that a source needs from some modules. ``overrides`` are other sources for constants, by
    name."""
    modules = list(modules)
    known = {one.name: one for module in modules for one in module.definitions}
    names = own = names_in(ast.parse(body))
    wanted: set[str] = set()
    methods: set[tuple[str, str]] = set()
    while True:
        before = len(wanted), len(methods)
        for name in names & known.keys() - wanted:
            wanted.add(name)
            names |= known[name].names
        for name in wanted:
            for method, one in known[name].methods.items():
                if one.name and f".{one.name}" in names and (name, method) not in methods:
                    methods.add((name, method))
                    names |= one.names
        if before == (len(wanted), len(methods)):
            break
    text = ""
    last = True
    inner = frozenset[str]()
    for module in modules:
        for one in module.definitions:
            if one.name not in wanted or known[one.name] is not one:
                continue
            source = (overrides or {}).get(one.name) or source_of(one, methods)
            constant = not source.startswith(("def ", "class ", "async def ", "@"))
            text += ("" if not text else "\n" if constant and last else "\n\n\n") + source
            last = constant
            inner |= one.names.union(*(m.names for name, m in one.methods.items() if (one.name, name) in methods))
    return Assembled(imports_for(own, modules), text, imports_for(inner, modules), tuple(sorted((own & wanted) - {""})))


@dataclass(frozen=True)
class Assembled:
    """The definitions that a source uses: its own import lines, the ``definitions`` with their import lines, and the
    names among the definitions that the source itself has."""

    imports: str
    definitions: str
    inner_imports: str
    used: tuple[str, ...]


def source_of(one: Definition, methods: set[tuple[str, str]]) -> str:
    """The source of a definition, of a class with the methods that are used."""
    if not one.methods:
        return one.source
    rows = [one.source]
    for name, method in one.methods.items():
        if not method.name or (one.name, name) in methods:
            first = len(rows) == 1
            rows.append(method.source if first else f"\n{method.source}")
    return "\n".join(rows)


def imports_for(names: frozenset[str], modules: Iterable[Module]) -> str:
    """The import lines for the names that are used."""
    found = {bound: where for module in modules for bound, where in module.imports.items() if bound in names}
    plain = sorted({module for module, name in found.values() if not name})
    grouped: dict[str, list[str]] = {}
    for module, name in sorted(set(found.values())):
        if name:
            grouped.setdefault(module, []).append(name)
    lines = [f"import {name}" for name in plain]
    return "\n".join([*lines, *(f"from {module} import {', '.join(known)}" for module, known in grouped.items())])
