"""One call for which a script is played: the state that its commands share, and the end of a command.

A command that raises ends the script by raising, unless it has a name: then its outcome is recorded, and the script
goes on. CancelledError, and every exception that is not an Exception, always ends it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .observer import AsgiCall, Scope
from .records import encode, quote
from .scripts import Inbox, ScriptCommand

GRACE = 1.0  # seconds that spawned scripts and unfinished receives are given to end once they are cancelled


class ScriptFinished(Exception):
    """``return`` was performed, or the engine is done with the job: the script ends here without an error."""


@dataclass(slots=True)
class Result:
    """The outcome of a command, apart from its duration.

    ``error`` is what it raised; ``sought`` says that the script expected that, and goes on. ``later`` says
    that the outcome is not known yet and will be reported by the command itself.
    """

    event: Any = None
    value: Any = ...
    count: int | None = None
    error: BaseException | None = None
    sought: bool = False
    later: bool = False


@dataclass(slots=True)
class Beside:
    """A script that runs concurrently with the one that spawned it, and the exception that it raised."""

    task: asyncio.Task[None] | None = None
    error: Exception | None = None


Performer = Callable[["Play", ScriptCommand], Awaitable["Result | None"]]


class Play:
    """The state of one call's script. ``performers`` has the commands by their words (``commands.performers``)."""

    def __init__(
        self, performers: Mapping[str, Performer], call: AsgiCall, scope: Scope, inbox: Inbox, job: str
    ) -> None:
        self.call = call
        self.scope = scope
        self.inbox = inbox
        self.job = job
        self.connected = False
        self.accepted = False
        self.beside: dict[str, Beside] = {}
        self._performers = performers
        self._kept: deque[asyncio.Future[Any]] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    async def perform(self, commands: Sequence[ScriptCommand]) -> None:
        """Play a whole script, and let nothing of it outlive the call. Raises the exception of an unnamed command."""
        try:
            await self.run(commands)
        except ScriptFinished:
            pass
        except GeneratorExit:  # the server threw the call away: nothing may be awaited any more
            self._cancel()
            raise
        except BaseException:
            await self._clear()
            raise
        await self._clear()

    async def run(self, commands: Sequence[ScriptCommand]) -> None:
        """Play commands in order. Raises ScriptFinished if the script ends early, and the exception of an unnamed
        command."""
        for command in commands:
            await self._command(command)

    async def receive(self, within: float | None = None) -> Any:
        """The next message. Raises TimeoutError after ``within`` seconds; the next call then gets the message."""
        if within is None and not self._kept:
            message = await self.call.receive()
        else:
            future = self._kept.popleft() if self._kept else asyncio.ensure_future(self.call.receive())
            future.add_done_callback(_retrieve)
            try:
                done, _ = await asyncio.wait([future], timeout=within)
            except BaseException:
                self._kept.append(future)
                raise
            if not done:
                self._kept.append(future)
                raise TimeoutError(f"nothing was received within {within} s")
            message = future.result()
        if isinstance(message, dict) and message.get("type") == "websocket.connect":
            self.connected = True
        return message

    async def send(self, event: Any) -> None:
        """Send an event of any kind."""
        await self.call.send(event)
        if isinstance(event, dict) and event.get("type") == "websocket.accept":
            self.accepted = True

    def spawn(self, command: ScriptCommand, commands: Sequence[ScriptCommand]) -> None:
        """Run commands in a task under the command's name; its outcome is recorded at its end."""
        beside = Beside()
        beside.task = asyncio.ensure_future(self._run_beside(command, commands, beside))
        self._tasks.append(beside.task)
        if command.name is not None:
            self.beside[command.name] = beside

    async def _command(self, command: ScriptCommand) -> None:
        start = time.monotonic()
        try:
            performer = self._performers.get(command.word)
            if performer is None:
                raise ValueError(f"the player knows no command {command.word!r}")
            result = await performer(self, command) or Result()
        except ScriptFinished:
            self._report(command, start, Result())
            raise
        except Exception as error:
            result = Result(error=error)
        except BaseException as error:
            self._report(command, start, Result(error=error))
            raise
        if not result.later:
            self._report(command, start, result)
        if result.error is not None and not result.sought and command.name is None:
            raise result.error

    async def _run_beside(self, command: ScriptCommand, commands: Sequence[ScriptCommand], beside: Beside) -> None:
        start = time.monotonic()
        try:
            await self.run(commands)
        except ScriptFinished:
            pass
        except Exception as error:  # kept for `join`: a server's log must not fill with what nobody asked for
            beside.error = error
        except BaseException as error:
            self._report(command, start, Result(error=error))
            raise
        self._report(command, start, Result(error=beside.error))

    def _report(self, command: ScriptCommand, start: float, result: Result) -> None:
        """Record the outcome of a command that has a name."""
        if command.name is None:
            return
        error = result.error
        ok = "true" if error is None else "false"
        members = f',"as":{quote(command.name)},"ok":{ok},"elapsed":{time.monotonic() - start!r}'
        if error is not None:
            bases = [kind.__name__ for kind in type(error).__mro__ if kind is not object]
            members += f',"raised":{quote(bases[0])},"bases":{encode(bases)}'
        if result.event is not None:
            members += f',"event":{encode(result.event)}'
        if result.count is not None:
            members += f',"count":{result.count}'
        if result.value is not ...:
            members += f',"value":{encode(result.value)}'
        self.call.record("outcome", members)

    def _cancel(self) -> list[asyncio.Future[Any]]:
        left: list[asyncio.Future[Any]] = [future for future in (*self._tasks, *self._kept) if not future.done()]
        for future in left:
            future.cancel()
        return left

    async def _clear(self) -> None:
        left = self._cancel()
        if left:
            await asyncio.wait(left, timeout=GRACE)


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Retrieve the exception of a receive that no task waits for any more, so that the loop does not log it."""
    if not future.cancelled():
        future.exception()
