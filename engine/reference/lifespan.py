"""The lifespan protocol: an application's startup and shutdown, and the state that it leaves to its requests."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping
from typing import Any

from . import log
from .events import Event, check
from .service import App
from .violations import Violation, named


class Failed(Exception):
    """The application reported that it could not start, or raised an exception; the log has the reason."""


class Phase(enum.Enum):
    """The phases of a lifespan, in order."""

    WAITING = "before lifespan.startup"
    STARTUP = "lifespan.startup"
    SERVING = "between startup and shutdown"
    SHUTDOWN = "lifespan.shutdown"
    ENDED = "after shutdown"


class Lifespan:
    """An application's lifespan. ``state`` is None without one, or if the protocol is off (LIFE-23)."""

    def __init__(self, app: App, mode: str) -> None:
        """``mode`` is ``auto``, ``on`` or ``off``: the protocol is optional, required, or not used."""
        self._app = app
        self._mode = mode
        self._phase = Phase.WAITING
        self._orders: asyncio.Queue[Event] = asyncio.Queue()
        self._answers: asyncio.Queue[bool] = asyncio.Queue()  # whether it was complete
        self._call: asyncio.Task[None] | None = None
        self.state: Mapping[str, Any] | None = None

    async def start(self) -> None:
        """Start up the application. Raises Failed."""
        if self._mode == "off":
            return
        state: dict[str, Any] = {}
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        self._call = asyncio.create_task(self._run(scope))
        self._orders.put_nowait({"type": "lifespan.startup"})
        answer = await self._answered()
        if answer is None and self._mode == "on":
            raise Failed
        if answer is False:
            raise Failed
        self.state = state if answer else None

    async def stop(self) -> None:
        """Shut down the application, if it started up. Raises Failed."""
        if self._phase is not Phase.SERVING or self._call is None or self._call.done():
            return
        self._orders.put_nowait({"type": "lifespan.shutdown"})
        if await self._answered() is not True:
            raise Failed

    async def _answered(self) -> bool | None:
        """True for a complete phase, False for a failed one, None if the call ended without an answer."""
        assert self._call is not None
        asking = asyncio.ensure_future(self._answers.get())
        try:
            await asyncio.wait([asking, self._call], return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()

    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:
            if self._phase in (Phase.WAITING, Phase.STARTUP) and self._mode == "auto":
                log.say(f"the application has no lifespan: {type(error).__name__}: {error}")
            elif not named(error):
                log.trace(error, "lifespan")

    async def _receive(self) -> Event:
        event = await self._orders.get()
        self._phase = Phase(event["type"])
        return event

    async def _send(self, event: Event) -> None:
        """The application's ``send``. Raises Violation for a forbidden event, or one in the wrong phase."""
        try:
            kind = check(event, "lifespan")
            requested, _, outcome = kind.rpartition(".")
            if requested != self._phase.value:
                raise Violation("LIFE-05" if "startup" in kind else "LIFE-13", f"{kind} {self._phase.value}")
        except Violation as violation:
            violation.report("lifespan")
            raise
        self._phase = Phase.SERVING if self._phase is Phase.STARTUP else Phase.ENDED
        if outcome == "failed":
            log.say(f"{requested} failed: {event.get('message', '')}")
        self._answers.put_nowait(outcome == "complete")
