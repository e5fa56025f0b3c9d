"""The engine's side of a supervisor: start a target's main process, signal it, learn how it ended, stop it.

It works on any event loop in any thread: a process started with ``subprocess`` and a pipe that the loop reads, without
asyncio's watching of children.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StartError
from engine.model.target import ExitStatus
from engine.targets.runtimes.logfile import Shortener
from engine.targets.runtimes.process_handle import GRACE, MARGIN, abandon

SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """The order to start a process.

    ``argv[0]`` is an absolute path. ``env`` is the whole environment. Both streams are appended to ``log``. ``fds`` are
    descriptors handed down under their own numbers. ``grace`` is in seconds. ``remove`` is a folder that is deleted
    when all is over.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    fds: tuple[int, ...] = ()
    grace: float = GRACE
    remove: Path | None = None


class SupervisedProcess:
    """A main process under its supervisor; it keeps ``ProcessHandle``. ``ended_at`` is when the supervisor saw its end;
    ``left`` are pids that could not be ended."""

    def __init__(self, supervisor: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop, log: Path) -> None:
        self.pid = 0
        self.ended: ExitStatus | None = None
        self.ended_at = 0.0
        self.left: tuple[int, ...] = ()
        self._supervisor = supervisor
        self._loop = loop
        self._buffer = b""
        self._trouble = ""
        self._started = asyncio.Event()
        self._exited = asyncio.Event()
        self._looks: deque[asyncio.Future[None]] = deque()
        self._gone = asyncio.Event()
        assert supervisor.stdout is not None
        self._shortener = Shortener(log, loop)
        self._out = supervisor.stdout.fileno()
        os.set_blocking(self._out, False)
        loop.add_reader(self._out, self._read)

    @classmethod
    async def start(cls, spec: ProcessSpec) -> SupervisedProcess:
        """Start it. Raises StartError where it cannot be started at all. A cancelled start leaves no process."""
        order = {
            "argv": list(spec.argv), "env": dict(spec.env), "cwd": str(spec.cwd), "log": str(spec.log),
            "fds": list(spec.fds), "grace": spec.grace, "remove": str(spec.remove) if spec.remove else None,
        }  # fmt: skip
        try:
            supervisor = hire(spec)
        except OSError as error:
            raise StartError(f"the supervisor cannot be started: {error.strerror}") from None
        self = cls(supervisor, asyncio.get_running_loop(), spec.log)
        try:
            self._tell(order)
            await self._started.wait()
        except asyncio.CancelledError:
            # The supervisor may not have read its order yet: unless it is waited for, it would carry it out later.
            await asyncio.shield(abandon(self))
            raise
        if not self.pid:
            await self.release()
            raise StartError(f"{spec.argv[0]} cannot be started: {self._trouble or 'its supervisor ended'}")
        return self

    async def wait(self) -> ExitStatus:
        """Wait for the end of the main process, and return its exit."""
        await self._exited.wait()
        assert self.ended is not None
        return self.ended

    async def check(self) -> ExitStatus | None:
        """The exit of the main process, None while it runs: the supervisor is asked for messages that it has not sent
        yet."""
        if self.ended is None and not self._gone.is_set():
            looked = self._loop.create_future()
            self._looks.append(looked)
            self._tell({"do": "look"})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MARGIN):
                    await looked
        return self.ended

    def signal(self, number: int) -> None:
        """Send the main process a signal; nothing happens where it has ended."""
        if self.ended is None:
            self._tell({"do": "signal", "number": int(number)})

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        """End it with all its descendants: TERM, ``grace`` seconds, KILL. Returns the exit of the main process.

        The folder to remove still exists afterwards: ``release`` lets the supervisor remove it. Safe to call again.
        """
        self._tell({"do": "stop", "grace": grace})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace + MARGIN):
                await self._gone.wait()
        return self.ended

    async def release(self) -> None:
        """Let the supervisor clear up and end, and wait for that."""
        self._hang_up()
        await asyncio.shield(asyncio.to_thread(self._await_supervisor))
        self._loop.remove_reader(self._out)
        if self._supervisor.stdout is not None:
            self._supervisor.stdout.close()

    def _await_supervisor(self) -> None:
        """Wait for the supervisor's end, and end it by force where it never comes."""
        try:
            self._supervisor.wait(timeout=MARGIN)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()

    def _tell(self, order: Mapping[str, object]) -> None:
        """One line to the supervisor; ignored if it is gone."""
        pipe = self._supervisor.stdin
        assert pipe is not None
        if not pipe.closed:
            with contextlib.suppress(OSError):
                pipe.write(json.dumps(order).encode() + b"\n")
                pipe.flush()

    def _hang_up(self) -> None:
        """Close the pipe to the supervisor, which ends everything if it still runs."""
        self._shortener.stop()
        pipe = self._supervisor.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        """Take in what the supervisor says."""
        try:
            data = os.read(self._out, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._out)
            self._deserted()
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, event: Mapping[str, object]) -> None:
        match event["event"]:
            case "started":
                self.pid = int(str(event["pid"]))
                self._started.set()
            case "failed":
                self._trouble = str(event["error"])
                self._started.set()
            case "exit":
                status, number = event.get("status"), event.get("signal")
                self.ended_at = float(str(event["at"]))
                self.ended = ExitStatus(
                    status=int(str(status)) if status is not None else None,
                    signal=int(str(number)) if number is not None else None,
                )
                self._exited.set()
            case "looked":
                self._looked()
            case "gone":
                left = event["left"]
                assert isinstance(left, list)
                self.left = tuple(left)
                self._gone.set()

    def _looked(self) -> None:
        """The first of those who asked for a look has their answer."""
        looked = self._looks.popleft()
        if not looked.done():
            looked.set_result(None)

    def _deserted(self) -> None:
        """The supervisor is gone. If it was killed, its target may still run: its group is ended from here."""
        if self.pid and self.ended is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self.ended, self.ended_at = ExitStatus(signal=int(signal.SIGKILL)), time.monotonic()
        for event in (self._started, self._gone):
            event.set()
        while self._looks:
            self._looked()
        if self.ended is not None:
            self._exited.set()


def hire(spec: ProcessSpec) -> subprocess.Popen[bytes]:
    """Start a supervisor, which waits for commands. Its own errors go to the target's log. Raises OSError."""
    with open(spec.log, "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=spec.fds,
            start_new_session=True,
            cwd="/",
        )
