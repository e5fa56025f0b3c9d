"""Generated mutants: one change of a comparison, a constant or a branch of the server's own code.

A mutant is a module and the number of a change in it: ``generated-head-17``. The change is made in memory, when the
module is imported, so it must be prepared before the server is. Changes without effect on the behaviour are left out:
docstrings, texts of the log and of errors, annotations, assertions, options of decorators, and limits that are
constants of a module, which only a case with that very size could notice.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import pairwise
from pathlib import Path
from types import CodeType, ModuleType

PREFIX = "generated-"
NAME = re.compile(r"generated-([a-z0-9_-]+)-([0-9]+)")
# Modules without behaviour towards clients and applications, and those of the servers of WSGI and FastCGI.
LEFT_OUT = (
    "__init__",
    "__main__",
    "log",
    "main",
    "options",
    "limits",
    "fastcgi",
    "fastcgi_asgi",
    "fastcgi_calls",
    "wsgi",
)
# Calls whose arguments are words for people.
WORDS = ("say", "trace", "remark", "_remark", "report", "Violation", "RequestRefused")

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], str]] = {
    ast.Eq: (ast.NotEq, "== becomes !="),
    ast.NotEq: (ast.Eq, "!= becomes =="),
    ast.Lt: (ast.LtE, "< becomes <="),
    ast.LtE: (ast.Lt, "<= becomes <"),
    ast.Gt: (ast.GtE, "> becomes >="),
    ast.GtE: (ast.Gt, ">= becomes >"),
    ast.Is: (ast.IsNot, "is becomes is not"),
    ast.IsNot: (ast.Is, "is not becomes is"),
    ast.In: (ast.NotIn, "in becomes not in"),
    ast.NotIn: (ast.In, "not in becomes in"),
}


@dataclass(frozen=True, slots=True)
class CodeChange:
    """``line`` is that of the change, ``what`` the change in words. ``make`` makes it in its tree."""

    line: int
    what: str
    make: Callable[[], None]


def modules() -> list[str]:
    """The modules whose code is changed."""
    folder = Path(__file__).parents[1]
    return sorted(path.stem for path in folder.glob("*.py") if path.stem not in LEFT_OUT)


def source(module: str) -> Path:
    """The file of a module of the server."""
    return Path(__file__).parents[1] / f"{module}.py"


def changes(tree: ast.Module) -> list[CodeChange]:
    """All changes of a module, in the order of its lines. Each can be made once, and then no other."""
    return sorted(_in_body(tree.body), key=lambda change: change.line)


def _in_body(body: Sequence[ast.stmt]) -> Iterator[CodeChange]:
    for statement in body:
        yield from _in_statement(statement)


def _in_statement(node: ast.stmt) -> Iterator[CodeChange]:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert, ast.Global, ast.Nonlocal, ast.Pass)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from _in_body(node.body)
        return
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.col_offset == 0:
        if not _is_limit(node) and node.value is not None:
            yield from _in_expression(node.value)
        return
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_words(node):
        return
    if isinstance(node, ast.If):
        yield _negated(node, "the branch is taken in the other case")
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "type_comment"):
            continue
        if isinstance(value, ast.expr):
            yield from _in_expression(value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, ast.stmt):
                    yield from _in_statement(one)
                elif isinstance(one, ast.expr):
                    yield from _in_expression(one)
                elif isinstance(one, ast.ExceptHandler):
                    yield from _in_body(one.body)
                elif isinstance(one, ast.withitem):
                    yield from _in_expression(one.context_expr)


def _in_expression(node: ast.expr) -> Iterator[CodeChange]:
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in WORDS:
            # The status of a refusal is the only argument that reaches a client as more than words.
            yield from _in_expressions(node.args[:1] if name == "RequestRefused" else [])
            return
        yield from _in_expression(node.func)
        yield from _in_expressions([*node.args, *(one.value for one in node.keywords if one.arg not in ("timeout",))])
        return
    if isinstance(node, ast.Compare):
        for number, operator in enumerate(node.ops):
            if (found := _COMPARISONS.get(type(operator))) is not None:
                yield CodeChange(node.lineno, found[1], _put_operator(node, number, found[0]))
    elif isinstance(node, ast.BoolOp):
        other, what = (ast.Or, "and becomes or") if isinstance(node.op, ast.And) else (ast.And, "or becomes and")
        yield CodeChange(node.lineno, what, _put(node, "op", other()))
    elif isinstance(node, ast.IfExp):
        yield _negated(node, "the other value is chosen")
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _in_expression(child)
        elif isinstance(child, ast.comprehension):
            yield from _in_expressions([child.iter, *child.ifs])


def _in_expressions(nodes: Sequence[ast.expr]) -> Iterator[CodeChange]:
    for node in nodes:
        yield from _in_expression(node)


def _of_constant(node: ast.Constant) -> Iterator[CodeChange]:
    value = node.value
    if isinstance(value, bool):
        yield CodeChange(node.lineno, f"{value} becomes {not value}", _put(node, "value", not value))
    elif isinstance(value, int):
        yield CodeChange(node.lineno, f"{value} becomes {value + 1}", _put(node, "value", value + 1))
    elif isinstance(value, bytes) and value:
        other = value[:-1] + bytes([value[-1] ^ 1])
        yield CodeChange(node.lineno, f"{value!r} becomes {other!r}", _put(node, "value", other))
    elif isinstance(value, str) and value:
        yield CodeChange(node.lineno, f"{value!r} becomes {value + '-'!r}", _put(node, "value", value + "-"))


def _negated(node: ast.If | ast.IfExp, what: str) -> CodeChange:
    def make() -> None:
        node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)

    return CodeChange(node.test.lineno, what, make)


def _put(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _put_operator(node: ast.Compare, number: int, operator: type[ast.cmpop]) -> Callable[[], None]:
    def make() -> None:
        node.ops[number] = operator()

    return make


def _is_limit(node: ast.Assign | ast.AnnAssign) -> bool:
    """True for a number in a constant of the module, such as ``LONGEST_METHOD``, and for its names of types."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    constant = isinstance(target, ast.Name) and target.id.isupper()
    texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, (str, bytes))]
    return constant and not texts


def _is_words(node: ast.Assign | ast.AnnAssign) -> bool:
    """True for words of messages: a variable of that sense, or a member of an enumeration that is a phrase."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Name) and target.id in ("why", "wanted"):
        return True
    phrase = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) and " " in node.value.value
    return phrase and isinstance(target, ast.Name) and target.id.isupper()


def named(module: str, number: int) -> str:
    """The name of a mutant: the number of a change in a module."""
    return f"{PREFIX}{module}-{number}"


def summary(name: str) -> str:
    """The change of a mutant with its file and line; "" if no generated mutant has that name."""
    found = NAME.fullmatch(name)
    if found is None or found[1] not in modules():
        return ""
    every = _summaries(found[1])
    return every[int(found[2])] if int(found[2]) < len(every) else ""


def every_name() -> list[str]:
    """The names of all generated mutants."""
    return [named(module, number) for module in modules() for number, _ in enumerate(_summaries(module))]


@cache
def _summaries(module: str) -> list[str]:
    """The changes of a module with file and line. The code of a release does not change while it runs."""
    found = changes(ast.parse(source(module).read_text("utf-8")))
    return [f"engine/reference/{module}.py:{change.line}: {change.what}" for change in found]


class _Loader(SourceFileLoader):
    """Loads a module with one change."""

    def __init__(self, fullname: str, path: str, number: int) -> None:
        super().__init__(fullname, path)
        self._number = number

    def get_code(self, fullname: str) -> CodeType:
        """The changed code, which is in no cache."""
        tree = ast.parse(self.get_data(self.path))
        changes(tree)[self._number].make()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class _Finder(MetaPathFinder):
    """Finds the module that is changed."""

    def __init__(self, fullname: str, number: int) -> None:
        self._fullname = fullname
        self._number = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == self._fullname else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._number)
        return spec


def prepare(words: Sequence[str]) -> None:
    """Have the module of a generated mutant changed when it is imported, if a command line names one."""
    name = next((after for word, after in pairwise(words) if word == "--mutant"), "")
    if (found := NAME.fullmatch(name)) is not None:
        package = __name__.rpartition(".mutants")[0]
        sys.meta_path.insert(0, _Finder(f"{package}.{found[1]}", int(found[2])))
