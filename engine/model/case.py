"""A suite, its cases and their steps, as the loader leaves them: frozen, with places, and valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from engine.model.expectation import NO_CHECKS, Checks
from engine.model.source_span import SourceSpan


class Level(StrEnum):
    """How strong a requirement is; a grid counts each apart."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class RunsOn(StrEnum):
    """Which apps a case runs on: every framework's and the control's, the control's alone, or the WSGI apps."""

    FRAMEWORKS = "frameworks"
    CONTROL = "control"
    WSGI = "wsgi"


@dataclass(frozen=True)
class Step:
    """One action, and what is expected of it.

    ``kind`` is its key in the document, ``group`` says where that key means something: ``step`` in a case's
    ``steps``, or the step whose ``script`` it stands in (``tcp``, ``websocket``). ``params`` is the frozen value
    that the kind's own ``parse`` made.
    """

    kind: str
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

    def covers(self, *, server: str, framework: str, loop: str, gateway: str, runtime: str) -> bool:
        """Whether each name is among those given, where any are given."""
        pairs = (
            (self.servers, server),
            (self.frameworks, framework),
            (self.loops, loop),
            (self.gateways, gateway),
            (self.runtimes, runtime),
        )
        return all(not names or name in names for names, name in pairs)


@dataclass(frozen=True)
class Skip:
    """Targets on which a case is not run, and why."""

    selector: Selector
    because: str


@dataclass(frozen=True)
class AppAction:
    """One act of an application's script: its word, and its argument with byte strings and variables unrendered."""

    word: str
    argument: object
    place: SourceSpan
    name: str | None = None


@dataclass(frozen=True)
class Application:
    """The script that the control plays: a list of acts for each scope type, and for single paths, which go first.

    None where the case leaves that scope type to the contract.
    """

    lifespan: tuple[AppAction, ...] | None = None
    http: tuple[AppAction, ...] | None = None
    websocket: tuple[AppAction, ...] | None = None
    paths: Mapping[str, tuple[AppAction, ...]] = field(default_factory=dict)


class Seal(Protocol):
    """Where the steps of a document's cases are kept."""

    def steps(self, number: int) -> tuple[Step, ...]:
        """Those of the n-th case."""
        ...


@dataclass(frozen=True)
class Case:
    """One requirement, with every value of its matrix filled in.

    ``file`` is the address of its document: the path below the root of its collection, which is the same from every
    folder and on every machine; ``place.file`` is the path as the user would type it.

    ``id`` is the case's own, with the names of its matrix's values in brackets (``status[404]``); ``stem`` is
    without them. ``alone`` is "" (company is welcome), "all" (no company on the target) or a word (never beside a
    case of the same word). ``timeout`` is in seconds. ``variables`` are the matrix's values, which steps may still
    name where a byte string is rendered late. ``server`` holds the options to start it with, in the engine's words.
    ``keeps_scope`` says that a step looks at the scope as it is after a call, which must then be recorded.
    ``starts`` says that a step starts the server, which is not running before. ``depends_on`` are ids and stems of
    cases of the same document.
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
    steps: tuple[Step, ...]
    place: SourceSpan
    note: str = ""
    needs: tuple[str, ...] = ()
    only: Selector = Selector()
    skip: tuple[Skip, ...] = ()
    server: Mapping[str, object] = field(default_factory=dict)
    own_process: bool = False
    alone: str = ""
    timeout: float = 10.0
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    application: Application | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    variant: str = ""
    keeps_scope: bool = False
    starts: bool = False

    @property
    def address(self) -> str:
        """What names this case among all: ``specs/http/scope.yaml::type-is-http``."""
        return f"{self.file}::{self.id}"

    def needs_first(self, other: Case) -> bool:
        """Whether this case depends on another one of its document: by its id, or by the stem of several."""
        return other.id in self.depends_on or other.stem in self.depends_on

    def without_steps(self, sealed: tuple[Seal, int]) -> Case:
        """The same case, whose steps are read from where they are kept when somebody asks for them."""
        other = object.__new__(Case)
        other.__dict__.update(self.__dict__, sealed=sealed)
        del other.__dict__["steps"]
        return other

    if not TYPE_CHECKING:  # a checker would take every name for one that is there

        def __getattr__(self, name):
            """Python asks for what is not there: ``steps`` that were never read."""
            if name != "steps" or "sealed" not in self.__dict__:
                raise AttributeError(f"a case has no {name!r}")
            seal, number = self.__dict__["sealed"]
            steps = self.__dict__["steps"] = seal.steps(number)
            return steps


@dataclass(frozen=True)
class Suite:
    """One file of cases."""

    title: str
    file: str
    category: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Clause:
    """One clause of a standard: its id, the level of the text, where it stands, and what it says."""

    id: str
    level: str
    source: str
    statement: str
    url: str = ""
