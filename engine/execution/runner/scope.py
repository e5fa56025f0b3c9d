"""The context of the steps of one job while it runs: ``steps.api.context.Context``, and the state of the job."""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import ChannelClosed, Defect, EvidenceLost
from engine.execution.job import Job
from engine.execution.runner.judge import Match, count, judge
from engine.model.case import CaseHeader, Step
from engine.model.expectation import ABSENT, Group, Mismatch, Situation
from engine.model.protocols import Channel, LiveTarget
from engine.model.tls import TlsClientOptions
from engine.model.transcript import Side, TraceEvent
from engine.steps.api.context import Connection, Context, StepFailed, StepRecord
from engine.steps.api.observation import Observation
from engine.steps.api.step_type import StepType, StepTypes

# Given an address and a short name, and behind them a receive buffer where one is asked for, and how TLS begins.
OpenChannel = Callable[..., Awaitable[Channel]]
Kinds = StepTypes

# How often a step that polls is performed again, in seconds.
POLL = 0.005


@dataclass(slots=True)
class CheckResults:
    """What was judged so far: in a job, or in one trial of it."""

    broken: list[Mismatch] = field(default_factory=list)
    warned: list[Mismatch] = field(default_factory=list)
    recorded: dict[str, object] = field(default_factory=dict)
    evaluated: int = 0
    step: Step | None = None

    def take(self, other: CheckResults) -> None:
        """Add what another tally holds."""
        self.broken += other.broken
        self.warned += other.warned
        self.recorded.update(other.recorded)
        self.evaluated += other.evaluated
        self.step = other.step or self.step


@dataclass(slots=True)
class JobState:
    """What all branches of one job share. ``lost_before`` counts the records that were lost before it began."""

    job: Job
    live: LiveTarget
    kinds: Kinds
    match: Match
    open_channel: OpenChannel
    connections: list[Connection] = field(default_factory=list)
    performed: list[StepRecord] = field(default_factory=list)
    notes: list[TraceEvent] = field(default_factory=list)
    calls: int = 0
    log_from: int = 0
    lost_before: int = 0
    under_way: dict[int, Step] = field(default_factory=dict)


class StepScope(Context):
    """One branch of a job: the case's steps themselves, a branch of ``parallel``, a turn of ``repeat``, a trial."""

    def __init__(
        self,
        memory: JobState,
        variables: MutableMapping[str, object],
        tally: CheckResults,
        parent: StepScope | None = None,
    ) -> None:
        self._memory = memory
        self._variables = variables
        self._tally = tally
        self._parent = parent
        self._named: dict[str, Connection] = {}
        self._done: list[StepRecord] = []
        self._step: Step | None = None
        self._performed: StepRecord | None = None
        self._connection: Connection | None = None

    # What is known

    @property
    def live(self) -> LiveTarget:
        return self._memory.live

    @property
    def case(self) -> CaseHeader:
        return self._memory.job.case

    @property
    def job(self) -> str:
        return self._memory.job.id

    @property
    def variables(self) -> MutableMapping[str, object]:
        return self._variables

    @property
    def step(self) -> Step:
        if self._step is None:
            raise Defect("no step is under way")
        return self._step

    @property
    def performed(self) -> StepRecord:
        if self._performed is None:
            raise Defect("no step is under way")
        return self._performed

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise Defect("no script is under way")
        return self._connection

    def now(self) -> float:
        return time.monotonic()

    def note(self, what: str, detail: str = "", *, subject: str = "") -> None:
        self._memory.notes.append(TraceEvent(time.monotonic(), Side.STEP, subject, what, detail))

    def token(self) -> str:
        memory = self._memory
        memory.calls += 1
        token = memory.live.boundary.token(self.job, memory.calls, keep_scope_after=memory.job.case.keeps_scope)
        self.performed.tokens.append(token)
        return token

    # Connections

    async def connect(self, name: str | None, *, raw: bool = False, upstream: bool = False) -> Connection:
        connection = self._find_connection(name) if name else None
        if connection is None:
            connection = await self._open(name, upstream=upstream)
        elif connection.channel.ended == "closed":
            raise ChannelClosed(f"the connection {name!r} was closed by an earlier step")
        performed = self._performed
        if performed is not None:
            performed.peer = connection.channel.local
            performed.connection = connection.name
        if raw:
            self.live.boundary.expect_peer(connection.channel.local, self.job)
        connection.used += 1
        return connection

    async def _open(self, name: str | None, *, upstream: bool) -> Connection:
        memory = self._memory
        subject = name or f"connection {len(memory.connections) + 1}"
        live = memory.live
        hello = None if live.tls is None else TlsClientOptions(live.tls)
        more = () if hello is None else (None, hello)
        channel = await memory.open_channel(live.upstream if upstream else live.address, subject, *more)
        connection = Connection(channel, name or "", hello=hello)
        memory.connections.append(connection)
        if name:
            self._named[name] = connection
        return connection

    async def open(
        self,
        name: str,
        *,
        address: tuple[str, int] | None = None,
        receive_buffer: int | None = None,
        hello: TlsClientOptions | None = None,
    ) -> Connection:
        if self._find_connection(name) is not None:
            raise ValueError(f"there is a connection {name!r} already")
        more: tuple[object, ...] = () if receive_buffer is None else (receive_buffer,)
        more = (receive_buffer, hello) if hello is not None else more
        memory = self._memory
        channel = await memory.open_channel(address or memory.live.address, name, *more)
        connection = self._named[name] = Connection(channel, name, hello=hello)
        memory.connections.append(connection)
        self.performed.peer, self.performed.connection = channel.local, name
        return connection

    def _find_connection(self, name: str) -> Connection | None:
        branch: StepScope | None = self
        while branch is not None:
            if name in branch._named:
                return branch._named[name]
            branch = branch._parent
        return None

    def release(self, connection: Connection) -> None:
        if not connection.name:
            connection.channel.close()

    # Other steps

    def log(self) -> str:
        return self.live.log(self._memory.log_from)

    def find(self, of: str | None) -> Sequence[StepRecord]:
        performed = self._memory.performed
        if of == "all":
            return performed
        if of is not None:
            return [one for one in performed if of in (one.step.name, one.connection)]
        return self._before()

    def _before(self) -> Sequence[StepRecord]:
        """The last step that could make the application called; for a container, all that it held."""
        for one in reversed(self._done):
            if one is self._performed:
                continue
            if one.tokens or one.peer:
                return [one]
            inner = [each for each in self._memory.performed if each.parent is one]
            if inner:
                return inner
        return self._parent._before() if self._parent is not None else ()

    def branch(self, variables: Mapping[str, object], label: str) -> StepScope:
        del label
        return self._child(ChainMap(dict(variables), self._variables), self._tally)

    def trial(self) -> StepScope:
        return self._child(ChainMap({}, self._variables), CheckResults())

    def settle(self, trial: Context) -> None:
        if not isinstance(trial, StepScope):
            raise Defect("only a trial of this job can be settled")
        self._tally.take(trial._tally)
        if isinstance(trial._variables, ChainMap):
            self._variables.update(trial._variables.maps[0])

    def _child(self, variables: MutableMapping[str, object], tally: CheckResults) -> StepScope:
        child = StepScope(self._memory, variables, tally, self)
        child._connection = self._connection
        child._step = self._step
        child._performed = self._performed
        return child

    # Performing and judging

    async def run(self, steps: Sequence[Step], connection: Connection | None = None) -> None:
        outer, outer_step, outer_connection = self._performed, self._step, self._connection
        if connection is not None:
            self._connection = connection
        try:
            for step in steps:
                await self._perform(step, outer)
        finally:
            self._performed, self._step, self._connection = outer, outer_step, outer_connection

    async def _perform(self, step: Step, outer: StepRecord | None) -> None:
        memory, self._step = self._memory, step
        kind = memory.kinds[step.group, step.kind]
        if step.group == "step":
            self._performed = StepRecord(
                step, time.monotonic(), connection=step.connection or "", parent=outer, lifecycle=kind.lifecycle
            )
            memory.performed.append(self._performed)
            self._done.append(self._performed)
        memory.under_way[id(self)] = step
        if kind.within == "polls" and step.checks.within is not None:
            await self._poll(step, kind, step.checks.within)
        else:
            observation = await kind.perform(step.params, self)
            if observation is not None:
                await self.look(step, observation)
        memory.under_way.pop(id(self), None)

    async def _poll(self, step: Step, kind: StepType[Any], within: float) -> None:
        """Perform and judge again until all checks hold, or the time is over; the last time counts."""
        deadline = time.monotonic() + within
        while True:
            observation = await kind.perform(step.params, self)
            if observation is None:
                return
            broken, warned = self._mismatches(step, observation)
            if not (broken or warned) or time.monotonic() >= deadline:
                await self.look(step, observation)
                return
            await asyncio.sleep(POLL)

    def _mismatches(self, step: Step, observation: Observation) -> tuple[list[Mismatch], list[Mismatch]]:
        checks = step.checks
        situation = Situation(self._variables, observation.sent)
        unmet = [
            mismatch if mismatch.place.line else _placed(mismatch, step) for mismatch in observation.unmet(checks.facts)
        ]

        def of(group: Group | None) -> list[Mismatch]:
            return judge(group, observation, situation, self._memory.match) if group else []

        return unmet + of(checks.expect), of(checks.should)

    async def look(self, step: Step, observation: Observation) -> None:
        checks, tally = step.checks, self._tally
        broken, warned = self._mismatches(step, observation)
        # What is Recorded has it: isinstance would inspect the protocol anew for each step.
        lost = getattr(observation, "lost", None)
        if lost is not None:
            self._complete(lost)
        tally.evaluated += sum(count(group) for group in (checks.expect, checks.should) if group) + len(checks.record)
        tally.broken += broken
        tally.warned += warned
        if broken or (warned and tally.step is None):
            tally.step = step
        for name, fact in checks.record:
            tally.recorded[name] = observation.fact(fact)
        for name, fact in checks.capture:
            value = observation.fact(fact)
            if value is ABSENT and not broken:
                tally.broken.append(Mismatch(fact, f"is there, to be captured as {name!r}", value, step.place))
                tally.step = step
                raise StepFailed
            self._variables[name] = value
        if broken:
            raise StepFailed

    def _complete(self, lost_here: int) -> None:
        """Raises EvidenceLost where records of the case's time are lost: what is absent may be among them."""
        boundary = self.live.boundary
        lost = boundary.lost - self._memory.lost_before + lost_here
        if lost:
            why = f": {boundary.notes[-1]}" if boundary.notes else ""
            raise EvidenceLost(f"the observer lost {lost} record{'' if lost == 1 else 's'} while the case ran{why}")


def _placed(mismatch: Mismatch, step: Step) -> Mismatch:
    return replace(mismatch, place=step.place)
