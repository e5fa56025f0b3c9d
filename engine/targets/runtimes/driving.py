"""The engine's side of ``observer/inside/driving.py``: a process in which a target's app is called without a server."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import Mapping
from dataclasses import replace

from engine.errors import StartError
from engine.targets.runtimes.local.process import ProcessSpec, SupervisedProcess
from engine.targets.runtimes.process_handle import ProcessHandle, abandon

MODULE = "engine_inside.driving"
READY_WITHIN = 30.0
# The other side keeps each call's time; this is for one that does not answer at all.
MARGIN = 5.0


class Driving:
    """A process in which an app is loaded, and called as often as is ordered."""

    def __init__(self, process: ProcessHandle, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, spec: ProcessSpec) -> Driving:
        """Start it, and wait until the app is loaded. ``spec.argv`` is the interpreter; the rest of the command line,
        and the socket by which both sides speak, are added. Raises StartError."""
        ours, theirs = socket.socketpair()
        try:
            argv = (*spec.argv, "-m", MODULE)
            env = {**spec.env, "ENGINE_DRIVES": str(theirs.fileno())}
            process = await SupervisedProcess.start(replace(spec, argv=argv, env=env, fds=(theirs.fileno(),)))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            return await cls.over(process, *await asyncio.open_unix_connection(sock=ours))
        except BaseException:
            ours.close()
            await asyncio.shield(abandon(process))
            raise

    @classmethod
    async def over(cls, process: ProcessHandle, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Driving:
        """The engine's side of a process that speaks over this stream, once the app is loaded. Raises StartError."""
        self = cls(process, reader, writer)
        await self._ready()
        self._listening = asyncio.ensure_future(self._listen())
        return self

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN):
                line = await self._reader.readline()
        except TimeoutError:
            raise StartError(f"the app was not loaded within {READY_WITHIN:g} s") from None
        said = json.loads(line) if line else {}
        if "ready" not in said:
            raise StartError(f"the app cannot be loaded: {said.get('failed', 'its process ended')}")

    async def drive(self, order: Mapping[str, object]) -> str:
        """Run one order. Returns the part that was not done, "" for none. Raises StartError if the process is gone."""
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        if self._listening is None or self._listening.done():
            raise StartError("the process in which the app is called has ended")
        within = order["within"]
        assert isinstance(within, float)
        try:
            self._writer.write(json.dumps({"id": number, **order}).encode() + b"\n")
            async with asyncio.timeout(within + MARGIN):
                return str(await future)
        except TimeoutError:
            return f"the app holds up its loop: nothing was heard for {within + MARGIN:g} s"
        finally:
            self._waiting.pop(number, None)

    async def _listen(self) -> None:
        """Take in the answers."""
        while line := await self._reader.readline():
            said = json.loads(line)
            if (future := self._waiting.get(said["id"])) is not None and not future.done():
                future.set_result(str(said["stuck"]))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(StartError("the process in which the app is called has ended"))

    async def stop(self) -> None:
        """End it, and every call that is under way."""
        if self._listening is not None:
            self._listening.cancel()
        self._writer.close()
        await abandon(self._process)
