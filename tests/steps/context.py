"""A context for drivers without a runner, a boundary without an observer, and little servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections import ChainMap
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from engine.channels.tcp import open_tcp
from engine.channels.tls import open_tls
from engine.errors import ChannelClosed, StartError
from engine.matchers.matching import match
from engine.model.boundary import AppCall
from engine.model.case import CaseHeader, Level, RunsOn, Step
from engine.model.expectation import ABSENT, Literal, Mismatch, Situation
from engine.model.protocols import Boundary, Channel, LiveTarget
from engine.model.target import ExitStatus, Target, TargetInfo
from engine.model.tls import TlsClientOptions, TlsCredentials
from engine.model.usage import Usage
from engine.steps.api.context import Connection, Context, StepFailed, StepRecord
from engine.steps.api.observation import Observation
from tests.steps.reader import KINDS, PLACE, step

T = TypeVar("T")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

NOWHERE = ("127.0.0.1", 1)


def run(work: Coroutine[Any, Any, T], *, within: float = 20.0) -> T:
    """Run a test's coroutine; the deadline only ends a test that hangs."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, within)

    return asyncio.run(bounded())


@contextlib.asynccontextmanager
async def serve(handler: Handler) -> AsyncIterator[tuple[str, int]]:
    """A server on loopback: its address. Connections are closed when a handler returns, and at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(*answers: bytes) -> Handler:
    """A handler that reads a request's head for each answer, and closes after the last."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return handler


def staying(*answers: bytes) -> Handler:
    """As ``answering``, but the connection stays open until the client closes it."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(*answers)(reader, writer)
        await reader.read()

    return handler


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection by a reset."""
    raw = writer.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class FakeBoundary(Boundary):
    """A boundary whose calls a test puts there. ``on_refresh`` is asked each time for what came since."""

    lost: int = 0
    notes: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.all: list[AppCall] = []
        self.lost_calls: list[AppCall] = []
        self.living: list[AppCall] = []
        self.marks: set[tuple[str, str]] = set()
        self.peers: list[tuple[tuple[str, int], str]] = []
        self.finished: list[str] = []
        self.refreshed = 0
        self.on_refresh: Callable[[int], None] = lambda count: None

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        return f"{job}.{call}"

    def stage(self, job: str, script: object) -> None:
        raise NotImplementedError

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
        return [call for call in self.lost_calls if call.started >= since]

    def send_raised(self, job: str) -> tuple[str, ...]:
        return ()

    def latest(self) -> float:
        return max((call.started for call in self.all), default=0.0)

    def close(self) -> None: ...

    def finish(self, job: str) -> None:
        self.finished.append(job)


class FakeLive(LiveTarget):
    """A live target that is no more than an address and a boundary, and what a test says of its process."""

    pid: int = 100
    ended_at: float = 0.0

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._boundary = FakeBoundary()
        self.uses: list[Usage] = []
        self.written = ""
        self.signals: list[tuple[int, int]] = []
        self.gone: set[int] = set()
        self.spoken = "http"
        self.trust: TlsCredentials | None = None
        self.behind: tuple[str, int] | None = None
        self.starts: list[bool] = []
        self.no_start: StartError | None = None
        self.end: ExitStatus | None = None
        self.ending = asyncio.Event()
        self.orders: list[Mapping[str, object]] = []
        self.on_drive: Callable[[Mapping[str, object]], str] = lambda order: ""

    @property
    def target(self) -> Target:
        return Target("none", "none", "auto")

    @property
    def address(self) -> tuple[str, int]:
        return self.behind or self._address

    @property
    def upstream(self) -> tuple[str, int]:
        return self._address

    @property
    def speaks(self) -> str:
        return self.spoken

    @property
    def tls(self) -> TlsCredentials | None:
        return self.trust

    @property
    def host(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    @property
    def boundary(self) -> FakeBoundary:
        return self._boundary

    @property
    def facts(self) -> TargetInfo:
        return TargetInfo()

    @property
    def ended(self) -> ExitStatus | None:
        return self.end

    async def check(self) -> ExitStatus | None:
        return self.end

    async def answers(self) -> bool:
        return True

    @property
    def workers_lost(self) -> Sequence[int]:
        return ()

    def log(self, since: int = 0) -> str:
        return self.written[since:]

    @property
    def logged(self) -> int:
        return len(self.written)

    def usage(self) -> Sequence[Usage]:
        return list(self.uses)

    async def start(self, *, ready: bool = True) -> None:
        self.starts.append(ready)
        if self.no_start is not None:
            raise self.no_start

    def signal(self, number: int, pid: int = 0) -> bool:
        self.signals.append((number, pid))
        return pid not in self.gone

    async def wait(self) -> ExitStatus:
        await self.ending.wait()
        assert self.end is not None
        return self.end

    async def drive(self, order: Mapping[str, object]) -> str:
        self.orders.append(order)
        return self.on_drive(order)

    async def stop(self) -> ExitStatus | None:
        return None


def _record(one: Step) -> StepRecord:
    lifecycle = KINDS[one.group, one.kind].lifecycle
    return StepRecord(one, time.monotonic(), connection=one.connection or "", lifecycle=lifecycle)


class FakeContext(Context):
    """``steps.api.context.Context`` for one test. ``seen`` is every observation that was judged, with its step."""

    def __init__(
        self,
        address: tuple[str, int] = NOWHERE,
        variables: Mapping[str, object] | None = None,
        parent: FakeContext | None = None,
    ) -> None:
        given = dict(variables or {})
        self._live = parent.live if parent else FakeLive(address)
        self._variables: ChainMap[str, object] = ChainMap(given, parent.variables) if parent else ChainMap(given)
        self.named: dict[str, Connection] = dict(parent.named) if parent else {}
        self.opened: list[Connection] = parent.opened if parent else []
        self.done: list[StepRecord] = parent.done if parent else []
        self.seen: list[tuple[Step, Observation]] = parent.seen if parent else []
        self.broken: list[Mismatch] = parent.broken if parent else []
        self.notes: list[tuple[str, str]] = parent.notes if parent else []
        self.labels: list[str] = parent.labels if parent else []
        self._performed: StepRecord = parent._performed if parent else StepRecord(step("pause", "1ms"), 0.0)
        self._step: Step = parent._step if parent else self._performed.step
        self._connection: Connection | None = parent._connection if parent else None
        self.channel: Channel | None = parent.channel if parent else None

    @property
    def live(self) -> FakeLive:
        return self._live

    @property
    def case(self) -> CaseHeader:
        return CaseHeader("c", "c", "t", "s", "f", "g", Level.MUST, (), RunsOn.CONTROL, PLACE)

    @property
    def job(self) -> str:
        return "j1"

    @property
    def variables(self) -> MutableMapping[str, object]:
        return self._variables

    @property
    def step(self) -> Step:
        return self._step

    @property
    def performed(self) -> StepRecord:
        return self._performed

    @property
    def connection(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def now(self) -> float:
        return time.monotonic()

    def note(self, what: str, detail: str = "", *, subject: str = "") -> None:
        self.notes.append((what, detail))

    def token(self) -> str:
        token = self.live.boundary.token(self.job, sum(len(one.tokens) for one in self.done) + 1)
        self.performed.tokens.append(token)
        return token

    async def connect(self, name: str | None, *, raw: bool = False, upstream: bool = False) -> Connection:
        connection = self.named.get(name or "")
        if connection is None:
            where = self.live.upstream if upstream else self.live.address
            hello = TlsClientOptions(self.live.tls) if self.live.tls is not None else None
            channel: Channel = self.channel or await self._channel(where, name or "connection", hello)
            connection = Connection(channel, name or "")
            self.opened.append(connection)
            if name:
                self.named[name] = connection
        elif connection.channel.ended == "closed":
            raise ChannelClosed("closed by an earlier step")
        self.performed.peer = connection.channel.local
        if raw:
            self.live.boundary.expect_peer(connection.channel.local, self.job)
        connection.used += 1
        return connection

    async def open(
        self,
        name: str,
        *,
        address: tuple[str, int] | None = None,
        receive_buffer: int | None = None,
        hello: TlsClientOptions | None = None,
    ) -> Connection:
        where = address or self.live.address
        channel = await self._channel(where, name, hello, receive_buffer)
        connection = self.named[name] = Connection(channel, name)
        self.opened.append(connection)
        self.performed.peer = channel.local
        return connection

    async def _channel(
        self, where: tuple[str, int], name: str, hello: TlsClientOptions | None, receive_buffer: int | None = None
    ) -> Channel:
        if hello is not None:
            return await open_tls(where, hello, label=name, timeout=5, receive_buffer=receive_buffer)
        return await open_tcp(where, label=name, timeout=5, receive_buffer=receive_buffer)

    def log(self) -> str:
        return self.live.log()

    def release(self, connection: Connection) -> None:
        if not connection.name:
            connection.channel.close()

    def find(self, of: str | None) -> Sequence[StepRecord]:
        if of is None:
            return [one for one in self.done if one is not self.performed and (one.tokens or one.peer)][-1:]
        return [one for one in self.done if of in (one.step.name, one.connection, "all")]

    async def run(self, steps: Sequence[Step], connection: Connection | None = None) -> None:
        outer, outer_step, outer_connection = self._performed, self._step, self._connection
        self._connection = connection or outer_connection
        try:
            for one in steps:
                await self.perform(one)
        finally:
            self._performed, self._step, self._connection = outer, outer_step, outer_connection

    async def perform(self, one: Step) -> Observation | None:
        """Perform one step and judge it."""
        self._step = one
        if one.group == "step":
            self._performed = _record(one)
            self.done.append(self._performed)
        observation = await KINDS[one.group, one.kind].perform(one.params, self)
        if observation is not None:
            await self.look(one, observation)
        return observation

    async def look(self, step: Step, observation: Observation) -> None:
        self.seen.append((step, observation))
        broken = list(observation.unmet(step.checks.facts))
        for one in step.checks.expect.expectations if step.checks.expect else ():
            assert isinstance(one.matcher, Literal)
            situation = Situation(self.variables, observation.sent)
            found = match(observation.fact(one.fact), one.matcher, situation, {}, one.fact)
            broken += [found] if found is not None else []
        self.broken += broken
        for name, fact in step.checks.capture:
            self._variables[name] = observation.fact(fact)
        if broken:
            raise StepFailed

    def branch(self, variables: Mapping[str, object], label: str) -> FakeContext:
        self.labels.append(label)
        return FakeContext(variables=variables, parent=self)

    def trial(self) -> FakeContext:
        trial = FakeContext(variables={}, parent=self)
        trial.broken = []
        return trial

    def settle(self, trial: Context) -> None:
        assert isinstance(trial, FakeContext)
        self.broken += trial.broken
        self._variables.update(trial._variables.maps[0])

    async def close(self) -> None:
        """Close every connection that is still there."""
        for connection in self.opened:
            connection.channel.close()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def against(handler: Handler, variables: Mapping[str, object] | None = None) -> AsyncIterator[FakeContext]:
    """A context whose target is a little server."""
    async with serve(handler) as address:
        ctx = FakeContext(address, variables)
        try:
            yield ctx
        finally:
            await ctx.close()


async def see(ctx: FakeContext, name: str, body: object, group: str = "step") -> Observation:
    """Perform a step without judging it: what it saw."""
    one = step(name, body, group)
    ctx._performed = _record(one)
    ctx.done.append(ctx._performed)
    ctx._step = one
    observation = await KINDS[group, name].perform(one.params, ctx)
    assert observation is not None
    return observation


async def on(ctx: FakeContext, connection: Connection, name: str, body: object, group: str = "tcp") -> Observation:
    """Perform a script's action on a connection: what it saw, with the mismatches that nobody asked for."""
    ctx._connection = connection
    ctx._step = step(name, body, group)
    observation = await KINDS[group, name].perform(ctx._step.params, ctx)
    return cast(Observation, observation)


def why(observation: Observation, *named: str) -> list[tuple[str, object]]:
    """Where an observation is wrong by itself, and what is there."""
    return [(one.where, one.actual) for one in observation.unmet(frozenset(named))]


def call(token: str = "", **changes: Any) -> AppCall:
    """A call that has returned."""
    plain = AppCall(
        key=f"{token}/{changes.get('started', 1.0)}",
        token=token,
        peer=None,
        pid=7,
        loop="uvloop.Loop",
        started=1.0,
        scope={"type": "http", "path": "/"},
        ended=2.0,
        returned=True,
    )
    return replace(plain, **changes)


__all__ = [
    "ABSENT",
    "FakeContext",
    "against",
    "answering",
    "call",
    "on",
    "reset",
    "run",
    "see",
    "serve",
    "staying",
    "why",
]
