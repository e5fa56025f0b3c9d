"""From a valid case's nodes to ``engine.model.case.Case``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.loading.read.matrix import Expanded
from engine.loading.read.outline import Item, groups, walk
from engine.loading.read.reader import CaseReader
from engine.loading.read.sheets import selector, text
from engine.model.case import (
    TIMEOUT,
    TIMEOUT_WITH_PROCESSES,
    UNKNOWN,
    Application,
    Case,
    CaseBody,
    Level,
    RunsOn,
    Skip,
    Step,
)
from engine.model.clause import greatest
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.model.server_options import Kind
from engine.steps.api.inner import inside
from engine.steps.api.step_type import StepType

# The fact for which the observer must record more than it does by itself.
SCOPE_AFTER = "scope_after"


@dataclass(frozen=True, slots=True)
class SuiteKeys:
    """The keys of a suite that its cases inherit; a case's own keys take precedence. ``file`` is the document's
    address."""

    file: str
    root: Node

    @property
    def title(self) -> str:
        return text(self.root, "suite")

    @property
    def category(self) -> str:
        return text(self.root, "category")

    def key(self, case: Node, name: str) -> Node | None:
        """The value of a case under a key, else that of its suite."""
        found = case.get(name)
        return found if found is not None else self.root.get(name)


def read_case(expanded: Expanded, frame: SuiteKeys, outline: tuple[Item, ...], reader: CaseReader) -> Case | None:
    """The case, or None if reading it noted an error."""
    node = expanded.node
    before = reader.noted
    identity = node.get("id")
    stem = str(identity.value) if identity is not None else ""
    steps = node.get("steps")
    step_types = [item.step_type for top in outline for item in top.walk()]
    application = _application(node.get("application"), reader)
    requires = required(step_types)
    may_die = (death := node.get("may_die")) is not None and death.value is True
    own = may_die or _word(frame.key(node, "process"), "") == "own" or Requirement.DEDICATED in requires
    own_process = own or (application is not None and application.lifespan is not None)
    usual = TIMEOUT_WITH_PROCESSES if own_process or Requirement.DRIVER in requires else TIMEOUT
    timeout = node.get("timeout")
    seconds = reader.time(timeout) if timeout is not None else usual
    found = reader.steps(steps) if steps is not None else ()
    cite, known = _names(frame.key(node, "cite")), reader.vocabulary.clauses
    case = Case(
        id=f"{stem}[{expanded.variant}]" if expanded.variant else stem,
        stem=stem,
        title=expanded.title,
        suite=frame.title,
        file=frame.file,
        category=frame.category,
        level=Level(_word(frame.key(node, "level"), "must")),
        cite=cite,
        runs_on=RunsOn(_word(frame.key(node, "runs_on"), "control" if application else "frameworks")),
        place=identity.place if identity is not None else node.place,
        note=text(node, "note"),
        needs=_needs(frame.key(node, "needs"), types_need=[need for one in step_types for need in one.needs]),
        only=selector(frame.key(node, "only")),
        skip=tuple(Skip(selector(one), text(one, "because")) for one in _items(frame.key(node, "skip"))),
        server=dict(_server(frame.key(node, "server"), reader)),
        own_process=own_process,
        alone="all" if not own and Requirement.EXCLUSIVE in requires else _alone(node.get("alone")),
        timeout=seconds if isinstance(seconds, float) else usual,
        tags=_names(node.get("tags")),
        depends_on=_names(node.get("depends_on")),
        variant=expanded.variant,
        keeps_scope=any(_looks_at_scope_after(item) for top in outline for item in top.walk()),
        requires=requires,
        starts=any(one.lifecycle == "starts" for one in step_types),
        scripted=application is not None,
        plain=any(_plain(step, reader) for step in found),
        http1=bound_to_http1(found, reader.vocabulary.by_name),
        without_server=bool(found) and all(_drives(step, reader) for step in found),
        since=text(node, "since"),
        may_die=may_die,
        endpoints=_endpoints(outline),
        risk=greatest(known[name].risk.value for name in cite if name in known),
        extended=(extended := node.get("extended")) is not None and extended.value is True,
        body=CaseBody(found, application, expanded.variables),
    )
    return case if reader.noted == before else None


def _endpoints(outline: tuple[Item, ...]) -> tuple[str, ...]:
    """The endpoints that steps name by method and path, a WebSocket's by its path; UNKNOWN for raw bytes."""
    found: dict[str, None] = {}
    for item in walk(outline):
        if item.step_type.endpoint is not None:
            key, kind = item.step_type.endpoint
            if item.body.get(key) is not None:
                found[_endpoint(item.body, key, kind)] = None
        elif Requirement.DRIVER in item.step_type.requires:
            scope = item.body.get("scope")
            called = text(scope, "type") if scope is not None else ""
            if scope is not None and called in ("http", "websocket"):
                found[_endpoint(scope, "path", called)] = None
        elif Requirement.RAW in item.step_type.requires:
            found[UNKNOWN] = None
    return tuple(found)


def _endpoint(body: Node, key: str, kind: str) -> str:
    path = text(body, key).partition("?")[0]
    if not path:
        return UNKNOWN
    return path if kind == "websocket" else f"{text(body, 'method') or 'GET'} {path}"


def required(types: Iterable[StepType[Any]]) -> dict[Requirement, str]:
    """The requirements of some step types, each with the alphabetically first step type that has it."""
    found: dict[Requirement, str] = {}
    for one in sorted(types, key=lambda one: one.name):
        for requirement in sorted(one.requires):
            found.setdefault(requirement, one.name)
    return found


def _plain(step: Step, reader: CaseReader) -> bool:
    """True if a library can perform a step, or one inside it."""
    types = reader.vocabulary.by_name
    for one in (step, *inside(step, types)):
        reason = types[one.group, one.step_type].not_by_library
        if reason is not None and not reason(one.params):
            return True
    return False


def _drives(step: Step, reader: CaseReader) -> bool:
    """True if a step calls the application without a server."""
    return Requirement.DRIVER in reader.vocabulary.by_name[step.group, step.step_type].requires


NO_REQUEST = "no step sends a request"


def bound_to_http1(steps: Iterable[Step], types: Mapping[tuple[str, str], StepType[Any]]) -> str:
    """The first reason why some steps can be performed over HTTP/1.1 only, with the line of the step; "" if there is
    none. Steps that send no request at all have nothing to do with the version."""
    sends = False
    for top in steps:
        for step in (top, *inside(top, types)):
            reason = types[step.group, step.step_type].http1
            if reason is None:
                continue
            sends = True
            found = reason if isinstance(reason, str) else reason(step)
            if found:
                return f"{found} (`{step.step_type}` in line {step.place.line})"
    return "" if sends else NO_REQUEST


def _looks_at_scope_after(item: Item) -> bool:
    named = [name for name, _ in groups(item.body)]
    for key in ("record", "capture"):
        found = item.body.get(key)
        if found is not None:
            named += [str(node.value) for _, node in found.entries()]
    return any(name.partition(".")[0] == SCOPE_AFTER for name in named)


def _application(node: Node | None, reader: CaseReader) -> Application | None:
    if node is None:
        return None
    scripts = {name: reader.commands(child) for name, child in node.entries() if name != "paths"}
    paths = node.get("paths")
    return Application(
        lifespan=scripts.get("lifespan"),
        http=scripts.get("http"),
        websocket=scripts.get("websocket"),
        paths={path: reader.commands(child) for path, child in paths.entries()} if paths is not None else {},
    )


def _server(node: Node | None, reader: CaseReader) -> Iterator[tuple[str, object]]:
    """The server's options: times in seconds, sizes in bytes, ``flags`` as a tuple of text, ``tls`` as true or as the
    mode of client certificates, a mapping as a tuple of names with their values."""
    if node is None:
        return
    for name, child in node.entries():
        option = reader.vocabulary.names.options[name]
        if option.kind == "tls" and child.value is False:
            pass  # as every server without this option
        elif option.kind == "tls" and (asks := child.get("client_cert")) is not None:
            yield name, str(asks.value)
        elif option.kind == "mapping":
            parts = ((part, _option(one, option.parts.get(part, "value"), reader)) for part, one in child.entries())
            yield name, tuple(sorted(parts))
        elif isinstance(child.value, list):
            yield name, tuple(str(item.value) for item in child.value)
        else:
            yield name, _option(child, option.kind, reader)


def _option(node: Node, kind: Kind, reader: CaseReader) -> object:
    """The value of an option, or of a part of one."""
    if kind == "time":
        return reader.time(node)
    return reader.size(node) if kind == "size" else node.value


def _word(node: Node | None, default: str) -> str:
    return str(node.value) if node is not None else default


def _items(node: Node | None) -> list[Node]:
    return node.items() if node is not None else []


def _names(node: Node | None) -> tuple[str, ...]:
    return tuple(str(item.value) for item in _items(node))


def _needs(node: Node | None, types_need: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_names(node), *types_need]))


def _alone(node: Node | None) -> str:
    if node is None or node.value is False:
        return ""
    return "all" if node.value is True else str(node.value)
