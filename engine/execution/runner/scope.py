"""The state of a job, and the scope of a step in it: the implementation of ``steps.api.Context``.

Theory of operation
===================

A job performs the steps of a case in order, but not in a single sequence: ``parallel`` runs branches at the same time,
``repeat`` runs turns, and ``eventually`` runs trials of which only the last one counts. Two kinds of values follow from
that.

*Shared by the whole job* (``JobState``): the connections, the records of performed steps, the notes for the transcript,
the number of calls, the position in the server's log. Branches run on one event loop, and no method awaits between
reading and writing this state, so it needs no lock.

*Owned by one branch* (``StepScope``): its variables, its results (``CheckResults``), its named connections, the step
under way. A scope has a parent; names are looked up there if the scope lacks them, and are written in the scope itself.

    case ------------ scope, variables of the job
      step 1
      parallel
        branch a ---- child: own variables, the parent's results
        branch b ---- child: own variables, the parent's results
      eventually
        trial 1 ----- child: own variables, own results: discarded
        trial 2 ----- child: own variables, own results: settled into the parent

``branch`` makes a child that adds to its parent's results; what it captures stays its own until the step copies it, as
``parallel`` does. ``trial`` makes a child with results of its own, and ``settle`` adds them and the captured variables
to the parent. A trial that is not settled leaves nothing behind but its step records and its connections.

*The states of a step.*

    performing --observation--> judging --holds--> done
        |                          +--- `within` is left --> performing (a step that polls)
        |                          +--- broken --> StepFailed
        +--- ChannelError, TimeoutError, EvidenceLost --> the runner's

``StepFailed`` carries no data: the mismatches are in the results. It ends its branch, and ``parallel`` then cancels the
others. Every other exception passes to the runner, the only part that turns exceptions into outcomes. ``under_way``
maps each scope to its step, so that a timeout, which cancels all branches, can name the step that began last.

*Connections.* A named connection belongs to the scope that opened it and to the children of that scope; an unnamed one
ends with its step (``release``). The runner closes all that are left, in any case.

*Possible failures.*

- A step reads the boundary while records are lost: ``_complete`` compares the count of lost records with that at the
  beginning of the job, and raises EvidenceLost. Expectations that were evaluated before stay in the results.
- A branch is cancelled while its step is performed: the step stays in ``under_way`` and its record in ``performed``.
  Its calls are still the job's.
- A case captures a value that is absent: a broken expectation at the step, whatever ``expect`` said.
"""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import ChannelClosed, Defect, EvidenceLost
from engine.execution.job import Job
from engine.execution.runner.earlier import Observed, at_the_same_turn
from engine.execution.runner.judge import Match, count, judge
from engine.execution.runner.sameness import Seen
from engine.model.case import CaseHeader, Step
from engine.model.evidence_quality import COMPLETE, EvidenceQuality
from engine.model.expectation import ABSENT, Group, Mismatch, SameAs, Situation
from engine.model.protocols import Boundary, Channel, LiveTarget
from engine.model.tls import HTTP, TlsClientOptions
from engine.model.transcript import Side, TraceEvent
from engine.model.variables import WrongValue
from engine.steps.api.context import Connection, Context, StepFailed, StepRecord
from engine.steps.api.observation import Observation
from engine.steps.api.step_type import StepType, StepTypes

# Opens a channel to an address under a short name; optional are a receive buffer and the options of TLS.
OpenChannel = Callable[..., Awaitable[Channel]]

# The interval at which a step that polls is performed again, in seconds.
POLL = 0.005


@dataclass(slots=True)
class CheckResults:
    """The results so far, in a job or in one trial of it.

    ``broken`` are mismatches of ``expect``, ``warned`` those of ``should``, ``recorded`` the values of ``record`` by
    name. ``evaluated`` counts evaluated expectations and recorded values; ``step`` is the step that decided, None while
    all holds.
    """

    broken: list[Mismatch] = field(default_factory=list)
    warned: list[Mismatch] = field(default_factory=list)
    recorded: dict[str, object] = field(default_factory=dict)
    evaluated: int = 0
    step: Step | None = None

    def take(self, other: CheckResults) -> None:
        """Add the results of a trial."""
        self.broken += other.broken
        self.warned += other.warned
        self.recorded.update(other.recorded)
        self.evaluated += other.evaluated
        self.step = other.step or self.step


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the time line by a step; a detail that is a function is worded when somebody reads it."""

    at: float
    subject: str
    what: str
    detail: str | Callable[[], str]

    @property
    def event(self) -> TraceEvent:
        """The line as an event of the transcript."""
        detail = self.detail if isinstance(self.detail, str) else self.detail()
        return TraceEvent(self.at, Side.STEP, self.subject, self.what, detail)


@dataclass(slots=True)
class JobState:
    """The state that all branches of one job share. ``log_from`` is the size of the server's log in bytes when the job
    began; ``lost_before`` the number of records lost before it. ``seen`` takes what is compared with another
    delivery; None if nothing is."""

    job: Job
    live: LiveTarget
    step_types: StepTypes
    match: Match
    open_channel: OpenChannel
    connections: list[Connection] = field(default_factory=list)
    performed: list[StepRecord] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    calls: int = 0
    log_from: int = 0
    lost_before: int = 0
    under_way: dict[int, Step] = field(default_factory=dict)
    seen: Seen | None = None


class StepScope(Context):
    """The context of one branch of a job: the case's own steps, a branch of ``parallel``, a turn of ``repeat``, or a
    trial."""

    def __init__(
        self,
        state: JobState,
        variables: MutableMapping[str, object],
        results: CheckResults,
        parent: StepScope | None = None,
    ) -> None:
        self._state = state
        self._variables = variables
        self._results = results
        self._parent = parent
        self._named: dict[str, Connection] = {}
        self._done: list[StepRecord] = []
        self._step: Step | None = None
        self._performed: StepRecord | None = None
        self._connection: Connection | None = None

    # The facts of the job and the step

    @property
    def live(self) -> LiveTarget:
        return self._state.live

    @property
    def case(self) -> CaseHeader:
        return self._state.job.case

    @property
    def job(self) -> str:
        return self._state.job.id

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

    def note(self, what: str, detail: str | Callable[[], str] = "", *, subject: str = "") -> None:
        self._state.notes.append(Note(time.monotonic(), subject, what, detail))

    def token(self) -> str:
        state = self._state
        state.calls += 1
        token = state.live.boundary.token(self.job, state.calls, keep_scope_after=state.job.case.keeps_scope)
        self.performed.tokens.append(token)
        return token

    # Connections

    def existing(self, name: str | None) -> Connection | None:
        return self._find_connection(name) if name else None

    async def connect(
        self,
        name: str | None,
        *,
        raw: bool = False,
        upstream: bool = False,
        http2: bool = False,
        prefaced: bool = True,
    ) -> Connection:
        connection = self.existing(name)
        if connection is None:
            connection = await self._open(name, upstream=upstream, http2=http2, prefaced=prefaced)
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

    async def _open(self, name: str | None, *, upstream: bool, http2: bool, prefaced: bool) -> Connection:
        state = self._state
        subject = name or f"connection {len(state.connections) + 1}"
        live = state.live
        past = upstream and live.upstream != live.address  # no gateway speaks TLS to the server
        tls_options = None if live.tls is None or past else TlsClientOptions(live.tls, alpn=("h2",) if http2 else HTTP)
        more: tuple[object, ...] = () if tls_options is None else (None, tls_options)
        if http2 and prefaced and tls_options is None:
            more = (None, None, True)
        channel = await state.open_channel(live.upstream if upstream else live.address, subject, *more)
        connection = Connection(channel, name or "", tls_options=tls_options)
        state.connections.append(connection)
        if name:
            self._named[name] = connection
        return connection

    async def open(
        self,
        name: str,
        *,
        address: tuple[str, int] | None = None,
        receive_buffer: int | None = None,
        tls_options: TlsClientOptions | None = None,
    ) -> Connection:
        if self._find_connection(name) is not None:
            raise WrongValue(f"there is a connection {name!r} already")
        more: tuple[object, ...] = () if receive_buffer is None else (receive_buffer,)
        more = (receive_buffer, tls_options) if tls_options is not None else more
        state = self._state
        channel = await state.open_channel(address or state.live.address, name, *more)
        connection = self._named[name] = Connection(channel, name, tls_options=tls_options)
        state.connections.append(connection)
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
            connection.close()

    # Other steps

    def log(self) -> str:
        return self.live.log(self._state.log_from)

    def find(self, of: str | None) -> Sequence[StepRecord]:
        performed = self._state.performed
        if of == "all":
            return performed
        if of is not None:
            return [one for one in performed if of in (one.step.name, one.connection)]
        return self._before()

    def _before(self) -> Sequence[StepRecord]:
        """The last step that could cause a call of the application; for a container, all steps in it."""
        for one in reversed(self._done):
            if one is self._performed:
                continue
            if one.tokens or one.peer:
                return [one]
            inner = [each for each in self._state.performed if each.parent is one]
            if inner:
                return inner
        return self._parent._before() if self._parent is not None else ()

    def branch(self, variables: Mapping[str, object], label: str) -> StepScope:
        del label
        return self._child(ChainMap(dict(variables), self._variables), self._results)

    def trial(self) -> StepScope:
        return self._child(ChainMap({}, self._variables), CheckResults())

    def settle(self, trial: Context) -> None:
        if not isinstance(trial, StepScope):
            raise Defect("only a trial of this job can be settled")
        self._results.take(trial._results)
        if isinstance(trial._variables, ChainMap):
            self._variables.update(trial._variables.maps[0])

    def _child(self, variables: MutableMapping[str, object], results: CheckResults) -> StepScope:
        child = StepScope(self._state, variables, results, self)
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
        state, self._step = self._state, step
        step_type = state.step_types[step.group, step.step_type]
        if step.group == "step":
            self._performed = StepRecord(
                step, time.monotonic(), connection=step.connection or "", parent=outer, lifecycle=step_type.lifecycle
            )
            state.performed.append(self._performed)
            self._done.append(self._performed)
        state.under_way[id(self)] = step
        if step_type.within == "polls" and step.checks.within is not None:
            await self._poll(step, step_type, step.checks.within)
        else:
            observation = await step_type.perform(step.params, self)
            if observation is not None:
                await self.look(step, observation)
        state.under_way.pop(id(self), None)

    async def _poll(self, step: Step, step_type: StepType[Any], within: float) -> None:
        """Perform and judge again until all checks hold, or the time is over; the last time counts."""
        deadline = time.monotonic() + within
        while True:
            observation = await step_type.perform(step.params, self)
            if observation is None:
                return
            broken, warned = self._mismatches(step, observation)
            if not (broken or warned) or time.monotonic() >= deadline:
                await self.look(step, observation)
                return
            await asyncio.sleep(POLL)

    def _mismatches(self, step: Step, observation: Observation) -> tuple[list[Mismatch], list[Mismatch]]:
        checks = step.checks
        now, began = time.time(), self._performed.started if self._performed is not None else time.monotonic()
        situation = Situation(self._variables, observation.sent, (now - (time.monotonic() - began), now))
        implicit = [
            mismatch if mismatch.place.line else _placed(mismatch, step)
            for mismatch in observation.implicit_failures(checks.facts)
        ]

        def of(group: Group | None) -> list[Mismatch]:
            return judge(group, observation, situation, self._state.match, earlier) if group else []

        def earlier(same_as: SameAs) -> tuple[Observed, Observed]:
            now = self._observed(step, observation)
            own = self._performed.observed if self._performed is not None else []
            before = [one.observed for one in self.find(same_as.step) if one is not self._performed]
            several: Sequence[Observed] = next(
                (each for each in reversed(before) if any(_like(now, one) for one in each)), []
            )
            turn = sum(_like(now, one) for one in own)
            return at_the_same_turn(same_as.step, now.compared, turn, several), now

        return implicit + of(checks.expect), of(checks.should)

    def _observed(self, step: Step, observation: Observation) -> Observed:
        """An observation with what it is compared by."""
        compared = self._state.step_types[step.group, step.step_type].compared
        peer = self._performed.peer if self._performed is not None else None
        return Observed(compared, observation, peer[1] if peer else 0)

    async def look(self, step: Step, observation: Observation) -> None:
        checks, results = step.checks, self._results
        broken, warned = self._mismatches(step, observation)
        if self._performed is not None and self._performed.step.name:
            self._performed.observed.append(self._observed(step, observation))
        if self._state.seen is not None:
            self._state.seen.take(step, self._state.step_types[step.group, step.step_type].facts, observation)
        # A Recorded observation has it. isinstance would inspect the protocol for each step.
        lost = getattr(observation, "lost", None)
        if lost is not None:
            self._complete(lost)
        results.evaluated += sum(count(group) for group in (checks.expect, checks.should) if group) + len(checks.record)
        results.broken += broken
        results.warned += warned
        if broken or (warned and results.step is None):
            results.step = step
        for name, fact in checks.record:
            results.recorded[name] = observation.fact(fact)
        for name, fact in checks.capture:
            value = observation.fact(fact)
            if value is ABSENT and not broken:
                results.broken.append(
                    Mismatch(fact, f"to be present, so that it can be captured as {name!r}", value, step.place)
                )
                results.step = step
                raise StepFailed
            self._variables[name] = value
        if broken:
            raise StepFailed

    def _complete(self, lost_here: int) -> None:
        """Raise EvidenceLost if records of the job are lost: an absent value may be among them."""
        boundary = self.live.boundary
        quality = evidence_of(boundary, self._state.lost_before, lost_here)
        if quality.lost:
            raise EvidenceLost(quality.notes[0])


def evidence_of(boundary: Boundary, lost_before: int, of_calls: int = 0) -> EvidenceQuality:
    """The quality of a job's records. ``lost_before`` is the boundary's count of lost records when the job began,
    ``of_calls`` the number that the job's own calls lack."""
    lost = boundary.lost - lost_before + of_calls
    return EvidenceQuality(lost, boundary.notes[-1] if lost and boundary.notes else "") if lost else COMPLETE


def _like(one: Observed, other: Observed) -> bool:
    """True if two observations can be compared."""
    return one.compared == other.compared


def _placed(mismatch: Mismatch, step: Step) -> Mismatch:
    return replace(mismatch, place=step.place)
