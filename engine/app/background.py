"""Sessions in a process of their own, beside the one that asks for their verdicts.

pytest reports items on one core while this process runs jobs on another: under one interpreter's lock each would wait
for the other. The two hold the ends of a socket pair. Orders come in as pickles, each behind its size in four bytes;
lines of JSON go back: a verdict with what became known of its target, as ``engine.app.runs`` has it, or how a session
ended.
The process ends, its targets stopped, when the other end is closed, so that nothing outlives a pytest that was killed.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app.front import Asked, Front
from engine.app.runs import to_document, to_recheck_document
from engine.app.session import Session, event_loop
from engine.errors import EngineError
from engine.execution.job import Job
from engine.model.target import Target
from engine.model.verdict import JobResult

# How the process is started. Not by -m: the orders' classes would be there twice, and a pickle's not the ones matched.
COMMAND = (sys.executable, "-c", "from engine.app.background import main; main()")

SIZE = struct.Struct("!I")


@dataclass(frozen=True)
class Begin:
    """Run these jobs, none before it is let go; ``folder`` is the run's. ``asked`` made the jobs' targets, and
    ``keep_all`` keeps the transcripts of what passes as well."""

    front: Front
    asked: Asked
    run_id: str
    folder: Path
    jobs: Sequence[Job]
    keep_all: bool = False


@dataclass(frozen=True)
class Allow:
    """Let go every job before this position."""

    position: int


@dataclass(frozen=True)
class End:
    """End the session that runs: what has not run is cancelled, and every target is stopped."""


@dataclass(frozen=True)
class Again:
    """Run what was red in all sessions so far again alone, and tell what came of it."""


Order = Begin | Allow | End | Again


def framed(order: Order) -> bytes:
    """An order as it is sent."""
    data = pickle.dumps(order, pickle.HIGHEST_PROTOCOL)
    return SIZE.pack(len(data)) + data


class Process:
    """The side that runs sessions, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._session: Session | None = None
        self._running: asyncio.Task[None] | None = None
        self._sessions: list[Session] = []
        self._told: set[str] = set()

    async def serve(self) -> None:
        """Follow orders until the other end is closed."""
        try:
            while True:
                (size,) = SIZE.unpack(await self._reader.readexactly(SIZE.size))
                await self._follow(pickle.loads(await self._reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await self._end()

    async def _follow(self, order: Order) -> None:
        match order:
            case Begin():
                await self._end()
                front = order.front
                front.targets(order.asked)  # it learns which servers there are
                runner = front.runner(order.run_id, keep_all=order.keep_all)
                self._session = Session(
                    order.jobs, front.runtime(order.folder), runner, None, [self], front.limits, front.known
                )
                self._sessions.append(self._session)
                self._session.schedule.hold()
                self._running = asyncio.create_task(self._run(self._session))
            case Allow():
                if self._session is not None:
                    await self._session.schedule.allow(order.position)
            case End():
                await self._end()
            case Again():
                await self._end()
                self._running = asyncio.create_task(self._run_again())

    async def _run(self, session: Session) -> None:
        trouble = ""
        try:
            await session.run()
        except asyncio.CancelledError:
            trouble = "the run was cancelled"
        except EngineError as error:
            trouble = str(error)
        except Exception as error:  # pytest must not wait for ever
            trouble = f"the engine broke down: {type(error).__name__}: {error}"
        self._tell({"ended": trouble})

    async def _run_again(self) -> None:
        trouble = ""
        try:
            for session in self._sessions:
                await session.run_again()
                for result in session.results:
                    if result.recheck:
                        self._tell({"rechecked": to_recheck_document(result)})
        except Exception as error:  # likewise
            trouble = f"the engine broke down: {type(error).__name__}: {error}"
        self._tell({"ended": trouble})

    async def _end(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            # The task swallows its own cancellation, once everything is stopped.
            with suppress(asyncio.CancelledError):
                await running

    def _tell(self, document: dict[str, Any]) -> None:
        """Never waits: what the other side has not read yet is kept here."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n")

    # What a session tells

    def result(self, job: Job, result: JobResult) -> None:
        """A job came to its verdict."""
        row = None
        if result.target not in self._told and self._session is not None:
            row = self._session.rows.get(result.target)
            if row is not None:
                self._told.add(result.target)
        self._tell({"position": job.position, **to_document(result, row)})

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to tell pytest of."""


async def serve(end: socket.socket) -> None:
    """Follow the orders that come in at one end of a socket pair."""
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        await Process(reader, writer).serve()
        with suppress(ConnectionError):
            await writer.drain()
    finally:
        writer.close()


def main() -> None:
    """The process; its one argument is the descriptor of its end."""
    # Ctrl-C is for pytest, which says what is to end. SIGTERM for everybody ends this one when pytest has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=event_loop()) as runner:
        runner.run(serve(socket.socket(fileno=int(sys.argv[1]))))
