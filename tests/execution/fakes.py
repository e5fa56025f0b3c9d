"""A live target without any process, its boundary without an observer, and step types that do what a test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from engine.errors import StartError
from engine.execution.job import Job
from engine.matchers.base import Operator
from engine.matchers.matching import match
from engine.model.boundary import AppCall
from engine.model.case import Application, Case, CaseBody, Level, RunsOn, Step
from engine.model.expectation import ABSENT, Checks, Expectation, Group, Literal, Matcher, Mismatch, Situation
from engine.model.source_span import SourceSpan
from engine.model.target import ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.usage import Usage
from engine.registry import Registry, found
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.step_type import StepType

TARGET = Target("server", "control", "asyncio")
PLACE = SourceSpan("case.yaml", 7, 9, 3)
OPERATORS = Registry("operator", [cast(Operator, one) for one in found("engine.matchers", "OPERATORS")])


@dataclass(frozen=True)
class MappingObservation:
    """An observation from a plain mapping of facts, with nothing implied."""

    facts: Mapping[str, object] = field(default_factory=dict)
    sent: bytes | None = None

    def fact(self, name: str) -> object:
        return self.facts.get(name, ABSENT)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        return ()


class FakeBoundary:
    """Remembers its notifications; there are no calls apart from those that a test adds. ``on_refresh`` is called each
    time, with the number of times, and returns the new ones."""

    def __init__(self) -> None:
        self.staged: dict[str, object] = {}
        self.finished: list[str] = []
        self.marks: set[tuple[str, str]] = set()
        self.peers: list[tuple[tuple[str, int], str]] = []
        self.all: list[AppCall] = []
        self.nobodys: list[AppCall] = []
        self.living: list[AppCall] = []
        self.lost = 0
        self.notes: list[str] = []
        self.raised: tuple[str, ...] = ()
        self.refreshed = 0
        self.on_refresh: Callable[[int], None] = lambda count: None

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        return f"{job}.{call}" + (" after" if keep_scope_after else "")

    def stage(self, job: str, script: object) -> None:
        self.staged[job] = script

    def expect_peer(self, address: tuple[str, int], job: str) -> None:
        self.peers.append((address, job))

    def mark(self, job: str, name: str) -> None:
        self.marks.add((job, name))

    def marked(self, job: str, name: str) -> bool:
        return (job, name) in self.marks

    def refresh(self) -> None:
        self.refreshed += 1
        self.on_refresh(self.refreshed)

    def calls(self, *, token: str = "", peer: tuple[str, int] | None = None, since: float = 0.0) -> list[AppCall]:
        if token:
            return [call for call in self.all if call.token == token]
        return [call for call in self.all if not call.token and call.peer == peer and call.started >= since]

    def lifespans(self) -> list[AppCall]:
        return self.living

    def strays(self, since: float) -> list[AppCall]:
        return [call for call in self.nobodys if call.started >= since]

    def send_raised(self, job: str) -> tuple[str, ...]:
        return self.raised

    def close(self) -> None: ...

    def finish(self, job: str) -> None:
        self.finished.append(job)


@dataclass
class FakeLive:
    """A target that lives until a test ends it; ``die`` ends it.

    ``written`` is its log, ``uses`` the resources of its processes, and ``gone`` are pids that accept no signal, 0 for
    the main process. ``signals``, ``starts`` and ``drives`` are the requests it received; ``no_start`` is the exception
    of a start; ``on_drive`` returns the result of an order. ``loads_within`` is the time that the app takes to load, in
    seconds, and ``loaded`` counts the requests for that.
    """

    target: Target = TARGET
    address: tuple[str, int] = ("127.0.0.1", 1)
    host: str = "127.0.0.1:1"
    upstream: tuple[str, int] = ("127.0.0.1", 1)
    speaks: str = "http"
    tls: TlsCredentials | None = None
    boundary: FakeBoundary = field(default_factory=FakeBoundary)
    facts: TargetInfo = field(default_factory=TargetInfo)
    ended: ExitStatus | None = None
    workers_lost: Sequence[int] = ()
    stopped: int = 0
    pid: int = 100
    ended_at: float = 0.0
    written: str = ""
    answering: bool = True
    uses: Sequence[Usage] = ()
    gone: frozenset[int] = frozenset()
    signals: list[tuple[int, int]] = field(default_factory=list)
    starts: list[bool] = field(default_factory=list)
    no_start: StartError | None = None
    drives: list[Mapping[str, object]] = field(default_factory=list)
    loads_within: float = 0.0
    loaded: int = 0
    on_drive: Callable[[Mapping[str, object]], str] = lambda order: ""

    def greeting(self, own: tuple[str, int]) -> bytes:
        return b""

    async def check(self) -> ExitStatus | None:
        return self.ended

    async def answers(self) -> bool:
        return self.answering

    def log(self, since: int = 0) -> str:
        return self.written[since:]

    @property
    def logged(self) -> int:
        return len(self.written)

    def usage(self) -> Sequence[Usage]:
        return self.uses

    async def start(self, *, ready: bool = True) -> None:
        self.starts.append(ready)
        if self.no_start is not None:
            raise self.no_start

    def signal(self, number: int, pid: int = 0) -> bool:
        self.signals.append((number, pid))
        return pid not in self.gone

    async def wait(self) -> ExitStatus:
        if self.ended is None:
            await asyncio.Future()
        assert self.ended is not None
        return self.ended

    async def prepare_driving(self) -> None:
        await asyncio.sleep(self.loads_within)
        self.loaded += 1

    async def drive(self, order: Mapping[str, object]) -> str:
        self.drives.append(order)
        return self.on_drive(order)

    def die(self, ended: ExitStatus | None = None) -> None:
        """Have its main process end now."""
        self.ended = ended or ExitStatus(signal=11)
        self.ended_at = time.monotonic()

    async def stop(self) -> ExitStatus | None:
        self.stopped += 1
        return self.ended


Perform = Callable[[Step, Context], Awaitable[Observation | None]]


def step_type(name: str, action: Perform, **more: Any) -> tuple[tuple[str, str], StepType[Any]]:
    """An entry of the runner's step types."""

    async def perform(params: object, ctx: Context) -> Observation | None:
        return await action(ctx.step, ctx)

    return ("step", name), StepType(name, ("step",), "A test's.", {}, lambda node, reader: None, perform, **more)


def see(**facts: Any) -> Perform:
    """The `perform` of a step type that sees these facts."""

    async def perform(step: Step, context: Context) -> Observation:
        return MappingObservation({name.replace("__", "."): value for name, value in facts.items()})

    return perform


def group(**facts: Any) -> Group:
    """The facts that must have these very values."""
    return Group(
        tuple(Expectation(name.replace("__", "."), Literal(value, PLACE), PLACE) for name, value in facts.items()),
        (),
        PLACE,
    )


def step(name: str, checks: Checks | None = None, params: object = None, **more: Any) -> Step:
    """A step of a test's kind."""
    return Step(name, "step", params, PLACE, checks=checks or Checks(), **more)


def case(*steps: Step, level: Level = Level.MUST, **more: Any) -> Case:
    """A case with these steps."""
    application: Application | None = more.pop("application", None)
    body = CaseBody(steps, application, more.pop("variables", {}))
    values: dict[str, Any] = {
        "id": "case",
        "stem": "case",
        "title": "A case",
        "suite": "S",
        "file": "case.yaml",
        "category": "c",
        "level": level,
        "cite": (),
        "runs_on": RunsOn.CONTROL,
        "place": PLACE,
        "own_process": application is not None and application.lifespan is not None,
        "scripted": application is not None,
        "body": body,
    }
    return Case(**values | more)


def job(of: Case, position: int = 0, launch: ServerLaunch | None = None, left_out: str = "") -> Job:
    """A job of a case."""
    return Job(position, of, TARGET, launch or ServerLaunch(TARGET), left_out)


def the_match(observed: object, matcher: Matcher, situation: Situation, where: str) -> Mismatch | None:
    """The real matchers."""
    return match(observed, matcher, situation, OPERATORS, where)


StepTypes = Mapping[tuple[str, str], StepType[Any]]
