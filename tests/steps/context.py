"""The runner's scope for one step of a test, a boundary without an observer, and little servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections import ChainMap
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from engine.channels.tcp import open_tcp
from engine.channels.tls import open_tls
from engine.errors import StartError
from engine.execution.job import Job
from engine.execution.runner.scope import CheckResults, JobState, StepScope
from engine.model.boundary import AppCall
from engine.model.case import CaseHeader, Level, RunsOn, Step
from engine.model.expectation import ABSENT, Mismatch
from engine.model.protocols import Boundary, Channel, LiveTarget
from engine.model.target import ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsClientOptions, TlsCredentials
from engine.model.usage import Usage
from engine.steps.api.context import Connection, StepRecord
from engine.steps.api.observation import Observation
from tests.execution.fakes import the_match
from tests.steps.reader import KINDS, PLACE, step

T = TypeVar("T")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

NOWHERE = ("127.0.0.1", 1)
TARGET = Target("none", "none", "auto")


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
        return TARGET

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


CASE = CaseHeader("c", "c", "t", "s", "f", "g", Level.MUST, (), RunsOn.CONTROL, PLACE)


class JobScope(StepScope):
    """The runner's own scope, of a job named j1 on a target in name only, with a step under way that does nothing.

    What a test does or looks at beside the steps: ``live`` is the target, ``channel`` the one that the next connection
    has in the place of a socket's. ``seen`` are the observations that were judged, with their steps; ``broken`` the
    mismatches, ``notes`` the lines of the time line, ``opened`` the connections and ``done`` the records of steps, all
    in order. ``named`` are the named connections, ``labels`` those of branches.
    """

    def __init__(self, address: tuple[str, int] = NOWHERE, variables: Mapping[str, object] | None = None) -> None:
        self._target = FakeLive(address)
        self.channel: Channel | None = None
        self.seen: list[tuple[Step, Observation]] = []
        self.labels: list[str] = []
        state = JobState(Job(1, CASE, TARGET, ServerLaunch(TARGET)), self._target, KINDS, the_match, self._channel)
        super().__init__(state, ChainMap(dict(variables or {})), CheckResults())
        self.act_for(step("pause", "1ms"))

    @property
    def live(self) -> FakeLive:
        return self._target

    @property
    def broken(self) -> list[Mismatch]:
        return self._results.broken

    @property
    def notes(self) -> list[tuple[str, str]]:
        return [(event.what, event.detail) for event in self._state.notes]

    @property
    def opened(self) -> list[Connection]:
        return self._state.connections

    @property
    def done(self) -> Sequence[StepRecord]:
        return self._state.performed

    @property
    def named(self) -> Mapping[str, Connection]:
        return self._named

    def did(self, record: StepRecord) -> None:
        """Have a step of the case behind it."""
        self._state.performed.append(record)
        self._done.append(record)

    def act_for(self, one: Step, connection: Connection | None = None) -> None:
        """Have a step under way, or an action or assertion of a script on a connection."""
        self._step = one
        if connection is not None:
            self._connection = connection
        if one.group == "step":
            self._performed = _record(one)

    async def look(self, step: Step, observation: Observation) -> None:
        self.seen.append((step, observation))
        await super().look(step, observation)

    def branch(self, variables: Mapping[str, object], label: str) -> StepScope:
        self.labels.append(label)
        return super().branch(variables, label)

    async def _channel(
        self,
        where: tuple[str, int],
        name: str,
        receive_buffer: int | None = None,
        hello: TlsClientOptions | None = None,
    ) -> Channel:
        if self.channel is not None:
            return self.channel
        if hello is not None:
            return await open_tls(where, hello, label=name, timeout=5, receive_buffer=receive_buffer)
        return await open_tcp(where, label=name, timeout=5, receive_buffer=receive_buffer)

    async def close(self) -> None:
        """Close every connection that is still there."""
        for connection in self.opened:
            connection.channel.close()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def against(handler: Handler, variables: Mapping[str, object] | None = None) -> AsyncIterator[JobScope]:
    """A context whose target is a little server."""
    async with serve(handler) as address:
        ctx = JobScope(address, variables)
        try:
            yield ctx
        finally:
            await ctx.close()


async def see(ctx: JobScope, name: str, body: object, group: str = "step") -> Observation:
    """Perform a step without judging it: what it saw."""
    one = step(name, body, group)
    ctx.act_for(one)
    ctx.did(ctx.performed)
    observation = await KINDS[group, name].perform(one.params, ctx)
    assert observation is not None
    return observation


async def on(ctx: JobScope, connection: Connection, name: str, body: object, group: str = "tcp") -> Observation:
    """Perform a script's action on a connection: what it saw, with the mismatches that nobody asked for."""
    ctx.act_for(step(name, body, group), connection)
    observation = await KINDS[group, name].perform(ctx.step.params, ctx)
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
    "JobScope",
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
