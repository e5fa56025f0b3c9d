"""The runner's scope for one step of a test, and little servers on loopback."""

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
from engine.execution.job import Job
from engine.execution.runner.scope import CheckResults, JobState, StepScope
from engine.model.boundary import AppCall
from engine.model.case import CaseHeader, Level, RunsOn, Step
from engine.model.expectation import ABSENT, Mismatch
from engine.model.protocols import Channel
from engine.model.target import ServerLaunch
from engine.model.tls import TlsClientOptions
from engine.steps.api.context import Connection, StepRecord
from engine.steps.api.observation import Observation
from tests.execution.fakes import TARGET, FakeLive, the_match
from tests.steps.reader import PLACE, STEP_TYPES, step

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


def _record(one: Step) -> StepRecord:
    lifecycle = STEP_TYPES[one.group, one.step_type].lifecycle
    return StepRecord(one, time.monotonic(), connection=one.connection or "", lifecycle=lifecycle)


CASE = CaseHeader("c", "c", "t", "s", "f", "g", Level.MUST, (), RunsOn.CONTROL, PLACE)


class JobScope(StepScope):
    """The runner's own scope, of a job named j1 on a target in name only, with a current step that does nothing.

    The effects and checks of a test apart from the steps: ``live`` is the target, ``channel`` the one used for the next
    connection. ``seen`` are the checked observations, with their steps; ``broken`` the mismatches, ``notes`` the lines
    of the time line, ``opened`` the connections and ``done`` the records of steps, all in order. ``named`` are the
    named connections, ``labels`` those of branches.
    """

    def __init__(self, address: tuple[str, int] = NOWHERE, variables: Mapping[str, object] | None = None) -> None:
        self._target = FakeLive(address=address, upstream=address, host=f"{address[0]}:{address[1]}")
        self.channel: Channel | None = None
        self.seen: list[tuple[Step, Observation]] = []
        self.labels: list[str] = []
        state = JobState(Job(1, CASE, TARGET, ServerLaunch(TARGET)), self._target, STEP_TYPES, the_match, self._channel)
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
        return [(one.event.what, one.event.detail) for one in self._state.notes]

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
        tls_options: TlsClientOptions | None = None,
        soon: bool = False,
    ) -> Channel:
        if self.channel is not None:
            return self.channel
        if tls_options is not None:
            return await open_tls(where, tls_options, label=name, timeout=5, receive_buffer=receive_buffer)
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
    observation = await STEP_TYPES[group, name].perform(one.params, ctx)
    assert observation is not None
    return observation


async def on(ctx: JobScope, connection: Connection, name: str, body: object, group: str = "tcp") -> Observation:
    """Perform a script's action on a connection: what it saw, with the mismatches that nobody asked for."""
    ctx.act_for(step(name, body, group), connection)
    observation = await STEP_TYPES[group, name].perform(ctx.step.params, ctx)
    return cast(Observation, observation)


def why(observation: Observation, *named: str) -> list[tuple[str, object]]:
    """The implicit failure of an observation, and its actual value."""
    return [(one.where, one.actual) for one in observation.implicit_failures(frozenset(named))]


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
