"""The state that every connection shares: the application, its state, the options, and the running calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import log
from .events import Event
from .options import Options
from .violations import blameless, named

Receive = Callable[[], Coroutine[Any, Any, Event]]
Send = Callable[[Event], Coroutine[Any, Any, None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class ServerState:
    """``state`` is that of the lifespan, None without one. ``stopping`` is true after a signal.

    ``requests`` is the number of requests that have begun. After the last one that the options permit, ``retired`` is
    true and ``retire`` has been called, which ends the server as a signal does.
    """

    app: App
    options: Options
    state: Mapping[str, Any] | None = None
    stopping: bool = False
    retired: bool = False
    requests: int = 0
    retire: Callable[[], None] = lambda: None
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self) -> None:
        """Count a request; the last one that the options permit retires the server."""
        self.requests += 1
        if self.options.max_requests and self.requests >= self.options.max_requests and not self.retired:
            self.retired = self.stopping = True
            self.retire()

    def call(self, scope: dict[str, Any], receive: Receive, send: Send) -> asyncio.Task[None]:
        """Call the application, in a task and so in a context of its own."""

        async def run() -> None:
            await self.app(scope, receive, send)

        task = asyncio.create_task(run())
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)
        return task


def trouble(task: asyncio.Task[None], where: str) -> BaseException | None:
    """The exception of a finished call, or None. It is logged, unless it is the disconnect or is logged already."""
    if task.cancelled():
        log.say(f"the call was cancelled ({where})")
        return asyncio.CancelledError()
    error = task.exception()
    if error is not None and not blameless(error) and not named(error):
        log.trace(error, where)
    return error


async def first(*ways: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first of these to end, and cancel the others."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
