"""The lifespan protocol of the small server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .events import Event, check
from .http1 import App
from .switches import Switch

log = logging.getLogger("tests.faults")


class StartupFailed(Exception):
    """The application answered ``lifespan.startup.failed``."""


class Lifespan:
    """The lifespan protocol with one application. Its ``state`` is None where the application has no lifespan."""

    def __init__(self, app: App, switch: Switch) -> None:
        self.app = app
        self.switch = switch
        self.state: dict[str, Any] | None = None
        self.sent_events: asyncio.Queue[Event] = asyncio.Queue()
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.call: asyncio.Task[None] | None = None
        self.message = ""

    async def start(self) -> None:
        """Have the application start up. Raises StartupFailed if it says so; an exception means it has no lifespan."""
        if self.switch("no-lifespan"):
            return
        state: dict[str, Any] = {}
        answer = await self.begin(state, "lifespan.startup")
        if answer == "lifespan.startup.complete":
            self.state = state
            if self.switch("lifespan-event-too-many"):
                self.sent_events.put_nowait({"type": "lifespan.startup"})
        elif answer == "lifespan.startup.failed":
            if not self.switch("startup-failed-ignored"):
                raise StartupFailed(self.message)
        elif self.switch("lifespan-is-required"):
            raise StartupFailed(self.message)
        elif answer == "returned" and self.switch("lifespan-return-hangs"):
            await asyncio.Event().wait()

    async def begin(self, state: dict[str, Any], what: str) -> str:
        """Call the application and give it its first order; the answer."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        self.call = asyncio.create_task(self.run(scope))
        return await self.order(what)

    async def stop(self) -> None:
        """Have the application shut down, where it started up."""
        if self.switch("no-shutdown-event"):
            return
        if self.state is None:
            if self.switch("shutdown-without-startup"):
                await self.begin({}, "lifespan.shutdown")
            return
        if self.call is None or self.call.done():
            return
        if self.switch("shutdown-not-awaited"):
            self.sent_events.put_nowait({"type": "lifespan.shutdown"})
            return await asyncio.sleep(0.05)
        answer = await self.order("lifespan.shutdown")
        if answer == "lifespan.shutdown.failed" and not self.switch("shutdown-failed-silent"):
            log.error("shutdown failed: %s", self.message)
        if answer == "raised" and self.switch("shutdown-raise-hangs"):
            await asyncio.Event().wait()

    async def order(self, what: str) -> str:
        """Give the application an order; the type of its answer, or how its call ended without one."""
        self.sent_events.put_nowait({"type": what})
        return await self.answers.get()

    async def run(self, scope: dict[str, Any]) -> None:
        try:
            await self.app(scope, self.sent_events.get, self.send)
        except Exception:
            log.info("the application's lifespan ended by an exception", exc_info=True)
            self.answers.put_nowait("raised")
        else:
            self.answers.put_nowait("returned")

    async def send(self, event: Event) -> None:
        checked = check(event, "lifespan", self.switch)
        if checked is not None:
            self.message = str(checked.get("message", ""))
            self.answers.put_nowait(str(checked["type"]))
