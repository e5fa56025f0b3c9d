"""A container as a target's main process: signalled, watched and stopped as a local one is.

Containers share the machine's process ids, so that a worker's pid means the same on both sides.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from docker.errors import DockerException

from engine.errors import EngineError, StartError
from engine.model.target import ExitStatus
from engine.targets.runtimes.docker.docking import asking
from engine.targets.runtimes.docker.places import NetworkSlot
from engine.targets.runtimes.logfile import Shortener
from engine.targets.runtimes.process_handle import GRACE, MARGIN

# So many of the last lines that Docker has kept of a container are taken.
KEPT_LINES = 2000

T = TypeVar("T")


class Container:
    """A container that was started; it keeps ``ProcessHandle``. It is removed by ``release``."""

    def __init__(self, container: Any, log: Path, executor: Executor, place: NetworkSlot | None = None) -> None:
        self.pid = 0
        self.ended: ExitStatus | None = None
        self.ended_at = 0.0
        self._container = container
        self._log = log
        self._executor = executor
        self._place = place
        self._exited = asyncio.Event()
        self._descriptor = -1
        self._shortener = Shortener(log, asyncio.get_running_loop())
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def begin(
        cls, create: Callable[[], Any], log: Path, executor: Executor, place: NetworkSlot | None = None
    ) -> Container:
        """Create it and start it, in a place that it leaves when it is removed. Raises StartError where Docker refuses;
        then nothing is left."""
        loop = asyncio.get_running_loop()
        if place is not None:
            place.enter()
        made: list[Any] = []

        def start() -> int:
            made.append(asking("create a container", create))
            asking("start a container", made[0].start)
            made[0].reload()
            return int(made[0].attrs["State"]["Pid"])

        starting = loop.run_in_executor(executor, start)
        try:
            pid = await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(EngineError):
                await starting
            await cls._away(made, executor, place)
            raise
        except EngineError as error:
            await cls._away(made, executor, place)
            raise StartError(error.what, hint=error.hint, log=getattr(error, "log", "")) from None
        self = cls(made[0], log, executor, place)
        self.pid = pid
        with suppress(OSError, AttributeError):
            if pid:
                self._descriptor = os.pidfd_open(pid)
        self._watching = asyncio.ensure_future(self._watch())
        return self

    @staticmethod
    async def _away(made: list[Any], executor: Executor, place: NetworkSlot | None) -> None:
        """Remove what was created in vain."""

        def remove() -> None:
            with suppress(DockerException, OSError):
                made[0].remove(force=True, v=True)

        if made:
            await asyncio.get_running_loop().run_in_executor(executor, remove)
        if place is not None:
            place.leave()

    async def _watch(self) -> None:
        """Wait for its end, and learn how it came."""
        loop = asyncio.get_running_loop()
        if self._descriptor >= 0:
            ready = asyncio.Event()
            loop.add_reader(self._descriptor, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_reader(self._descriptor)
        at = time.monotonic()
        try:
            code = int((await self._call(self._container.wait))["StatusCode"])
        except (DockerException, OSError):  # it was removed from outside
            code = 128 + signal.SIGKILL
        await self._call(self._keep)
        self.ended_at = at if self._descriptor >= 0 else time.monotonic()
        self.ended = ended(code)
        self._exited.set()

    def _keep(self) -> None:
        """Put what Docker has of its streams into its log: what was written before the log's file was opened."""
        with suppress(DockerException, OSError):
            words = self._container.logs(tail=KEPT_LINES)
            if words:
                with self._log.open("ab") as file:
                    file.write(words)

    async def check(self) -> ExitStatus | None:
        """Its exit, None while it runs: an end that the kernel knows of is waited for."""
        if self.ended is None and self._descriptor >= 0 and select.select([self._descriptor], [], [], 0)[0]:
            await self._exited.wait()
        return self.ended

    def signal(self, number: int) -> None:
        """Send the main process a signal; nothing happens where it has ended."""
        if self.ended is not None:
            return
        with suppress(DockerException, OSError):
            if self._descriptor >= 0:
                signal.pidfd_send_signal(self._descriptor, number)
            else:
                self._container.kill(signal=int(number))

    async def wait(self) -> ExitStatus:
        """Wait for its end, and return its exit."""
        await self._exited.wait()
        assert self.ended is not None
        return self.ended

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        """TERM, ``grace`` seconds, KILL. Safe to call again."""
        if self.ended is None:
            self.signal(signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._exited.wait()
        if self.ended is None:
            with suppress(DockerException, OSError):
                await self._call(lambda: self._container.kill(signal="KILL"))
            with suppress(TimeoutError):
                async with asyncio.timeout(MARGIN):
                    await self._exited.wait()
        return self.ended

    async def release(self) -> None:
        """Remove the container."""
        self._shortener.stop()
        if self._watching is not None and not self._watching.done():
            await self.stop(0.0)

        def away() -> None:
            with suppress(DockerException, OSError):
                self._container.remove(force=True, v=True)

        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, away))
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        place, self._place = self._place, None
        if place is not None:
            place.leave()

    async def _call(self, operation: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, operation)


def ended(code: int) -> ExitStatus:
    """The exit of a container's main process from Docker's status code, which is 128 + N for signal N."""
    return ExitStatus(signal=code - 128) if 128 < code <= 128 + 64 else ExitStatus(status=code)
