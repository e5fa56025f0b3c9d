"""Suites, cases and steps as the loader leaves them: frozen, with their places in the document, and valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Self

from engine.model.delivery import WHOLE, Delivery
from engine.model.expectation import NO_CHECKS, Checks
from engine.model.requirements import Requirement
from engine.model.source_span import SourceSpan

LIBRARY = "library"
"""The client of a case whose plain steps are performed by the libraries that people use."""

TIMEOUT = 10.0
"""The time limit of a case that states none, in seconds."""
TIMEOUT_WITH_PROCESSES = 30.0
"""The same for a case that starts processes, which takes seconds on a machine that is busy: one with a server process
of its own, and one that calls the application without a server, in a process for each call."""

UNKNOWN = "?"
"""The endpoint of bytes that are written out."""


def without_sending(case: str, sending: str) -> str:
    """An id, or an address, without the words at its end that say how its bytes are sent."""
    if not sending:
        return case
    return case.removesuffix(f"[{sending}]") if case.endswith(f"[{sending}]") else case[: -len(sending) - 2] + "]"


class Level(StrEnum):
    """The strength of a requirement; a grid counts each level apart."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class RunsOn(StrEnum):
    """The apps that a case runs on: all ASGI apps, only the bare app, all WSGI apps, or the applications of a
    project."""

    FRAMEWORKS = "frameworks"
    CONTROL = "control"
    WSGI = "wsgi"
    APPLICATIONS = "applications"


@dataclass(frozen=True)
class Step:
    """One action, and its expectations.

    ``step_type`` is its key in the document, ``group`` the context in which that key is valid: ``step`` in a case's
    ``steps``, or the step with the ``script`` (``tcp``, ``websocket``). ``params`` is the frozen value created by the
    step type's ``parse``.
    """

    step_type: str
    group: str
    params: object
    place: SourceSpan
    name: str | None = None
    connection: str | None = None
    checks: Checks = NO_CHECKS


@dataclass(frozen=True)
class Selector:
    """Names that restrict; an empty tuple restricts nothing."""

    servers: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    http: tuple[str, ...] = ()

    def covers(self, *, server: str, framework: str, loop: str, gateway: str, runtime: str, http: str) -> bool:
        """True if each name is among those given, where any are given. ``http`` is a version: ``1.1`` or ``2``."""
        pairs = (
            (self.servers, server),
            (self.frameworks, framework),
            (self.loops, loop),
            (self.gateways, gateway),
            (self.runtimes, runtime),
            (self.http, http),
        )
        return all(not names or name in names for names, name in pairs)


@dataclass(frozen=True)
class Skip:
    """Targets on which a case is not run, and why."""

    selector: Selector
    because: str


@dataclass(frozen=True)
class AppCommand:
    """One command of an application's script: its word, and its argument with byte strings and variables unrendered."""

    word: str
    argument: object
    place: SourceSpan
    name: str | None = None


@dataclass(frozen=True)
class Application:
    """The script that the bare app plays: a list of commands for each scope type, and for single paths, which take
    precedence.

    None if the case leaves that scope type to the contract.
    """

    lifespan: tuple[AppCommand, ...] | None = None
    http: tuple[AppCommand, ...] | None = None
    websocket: tuple[AppCommand, ...] | None = None
    paths: Mapping[str, tuple[AppCommand, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseHeader:
    """The part of a case that naming, selecting and planning need.

    A process that runs no steps only has headers: pytest's own, the linter, the lists. Matrix values are filled
    in. If planning depends on a property of the body, the header has it (``requires``, ``scripted``,
    ``own_process``, ``keeps_scope``, ``starts``), so that planning never reads a body.

    Attributes:
        id: the name in its document, with matrix values in brackets: ``status[404]``.
        stem: the id without matrix values; ``variant`` is only these values.
        file: the document's address, a path below the root of its collection, equal in all folders and on all machines;
            ``place.file`` is the path as the user typed it.
        server: options to start the server with, in the engine's words.
        own_process: the case needs a server process of its own: it, one of its steps, or its lifespan script says so.
        alone: "" (runs concurrently), "all" (no other job on its target), or a word (not concurrent with its like).
        timeout: in seconds.
        depends_on: ids and stems of cases of the same document.
        keeps_scope: a step reads the scope as it is after a call, so the observer must record it.
        starts: a step starts the server, which does not run before.
        scripted: the case has a script for the application.
        risk: the greatest risk of the clauses that it cites, one of Risk, "" if none of them is known.
        client: LIBRARY, or "" for the engine's own client. ``variant`` and ``id`` end in it.
        plain: a library can perform at least one of its steps.
        delivery: how the bytes of its steps are cut. ``variant`` and ``id`` end in its name.
        may_die: the server may end during the case, which is then no crash.
        since: the version of the corpus that the case came with, "" for the first.
        extended: the case is left out by default.
        without_server: every step calls the application without a server, so that neither the server nor its loop takes
            part.
        http1: the reason why the case runs over HTTP/1.1 only, "" for one that runs over HTTP/2 as well.
        requires: the requirements of its steps at any depth, each with the name of the step type that has it, the
            first by alphabet of several.
        endpoints: the endpoints that its steps name, such as ``GET /health``, a WebSocket's by its path; UNKNOWN
            for the bytes of a script.
    """

    id: str
    stem: str
    title: str
    suite: str
    file: str
    category: str
    level: Level
    cite: tuple[str, ...]
    runs_on: RunsOn
    place: SourceSpan
    note: str = ""
    needs: tuple[str, ...] = ()
    only: Selector = Selector()
    skip: tuple[Skip, ...] = ()
    server: Mapping[str, object] = field(default_factory=dict)
    own_process: bool = False
    alone: str = ""
    timeout: float = TIMEOUT
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    variant: str = ""
    keeps_scope: bool = False
    requires: Mapping[Requirement, str] = field(default_factory=dict)
    starts: bool = False
    scripted: bool = False
    since: str = ""
    may_die: bool = False
    risk: str = ""
    delivery: Delivery = WHOLE
    extended: bool = False
    client: str = ""
    plain: bool = False
    endpoints: tuple[str, ...] = ()
    http1: str = ""
    without_server: bool = False

    @property
    def address(self) -> str:
        """The name of this case among all: ``specs/http/scope.yaml::type-is-http``."""
        return f"{self.file}::{self.id}"

    @property
    def is_long(self) -> bool:
        """True if the author has stated a longer time limit than the usual one of a plain case. One of exactly the
        default of a case that starts processes counts as not stated."""
        starts = self.own_process or Requirement.DRIVER in self.requires
        return self.timeout > TIMEOUT and not (starts and self.timeout == TIMEOUT_WITH_PROCESSES)

    def needs_first(self, other: CaseHeader) -> bool:
        """True if this case depends on another one of its document: by its id, or by the stem of several. Of the
        deliveries of the other one, it depends on its own and on ``whole``."""
        if other.delivery not in (WHOLE, self.delivery):
            return False
        return other.plain_id in self.depends_on or other.stem in self.depends_on

    @property
    def sending(self) -> str:
        """The words at the end of the id that say how the bytes are sent: the delivery and the client; "" for uncut
        bytes of the engine's own client."""
        return "-".join(one for one in (self.delivery.name, self.client) if one)

    @property
    def plain_id(self) -> str:
        """The id of the same case with its bytes uncut."""
        return without_sending(self.id, self.sending)

    def delivered(self, delivery: Delivery, client: str = "") -> Self:
        """The same case with another delivery and client."""
        variant = without_sending(f"[{self.variant}]", self.sending)[1:-1]
        variant = "-".join(one for one in (variant, delivery.name, client) if one)
        id = f"{self.stem}[{variant}]" if variant else self.stem
        return replace(self, id=id, variant=variant, delivery=delivery, client=client)


@dataclass(frozen=True)
class CaseBody:
    """The part of a case that performing needs: its steps, the application's script, and its matrix values.

    ``variables`` are the matrix values by name; byte strings that are rendered late still refer to them.
    """

    steps: tuple[Step, ...] = ()
    application: Application | None = None
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Case(CaseHeader):
    """A whole case: a header with its body."""

    body: CaseBody = CaseBody()

    @property
    def header(self) -> CaseHeader:
        """The header by itself."""
        return CaseHeader(**{one.name: getattr(self, one.name) for one in fields(CaseHeader)})


def whole(case: CaseHeader) -> Case:
    """A case with its body. Raises TypeError for a header by itself, which nobody can perform."""
    if not isinstance(case, Case):
        raise TypeError(f"{case.address} was read without its steps")
    return case


@dataclass(frozen=True)
class Suite:
    """One file of cases: whole ones, or their headers where nobody asked for more."""

    title: str
    file: str
    category: str
    cases: tuple[CaseHeader, ...]
