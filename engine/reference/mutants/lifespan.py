"""Faults in the lifespan protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from .. import log
from ..connection import ServerConnection
from ..lifespan import Failed, Lifespan, Phase
from ..response import answer
from ..scope import SPEC_VERSION
from ..server import FAILED, ReferenceServer
from ..workers import Workers
from .base import PROBE, Event, Install, Mutant, replaced, together


def _not_asked(right: Any) -> Any:
    async def start(self: Lifespan) -> None:
        """It has none."""

    return start


def _required() -> Install:
    """Answer 503 to requests for an application without a lifespan."""
    without: list[bool] = []

    def starting(right: Any) -> Any:
        async def start(self: Lifespan) -> None:
            await right(self)
            if self.state is None:
                without.append(True)

        return start

    def serving(right: Any) -> Any:
        async def serve(self: ServerConnection, request: Any) -> bool:
            probe = request.target.path == PROBE and "close" in request.words(b"connection")
            if without and not probe:
                self._stream.put(answer(request, 503, "the application has not started"))
                return False
            return bool(await right(self, request))

        return serve

    return together(replaced(Lifespan, "start", starting), replaced(ServerConnection, "_serve", serving))


def _failed_is_fine(right: Any) -> Any:
    async def start(self: Lifespan) -> None:
        try:
            await right(self)
        except Failed:
            self.state = None

    return start


def _not_awaited(right: Any) -> Any:
    """Serve while the application starts up."""

    async def started(self: Any) -> bool:
        self.startup = asyncio.ensure_future(self._lifespan.start())
        await asyncio.sleep(0.05)
        return True

    return started


def _deaf(right: Any) -> Any:
    async def started(self: ReferenceServer) -> bool:
        await self._lifespan.start()
        return True

    return started


def _silent(word: str) -> Install:
    """Do not log lines with a word."""

    def wrong(right: Any) -> Any:
        def say(text: str) -> None:
            if word not in text:
                right(text)

        return say

    return replaced(log, "say", wrong)


def _untraced(right: Any) -> Any:
    return lambda error, where: None


def _until_answered(right: Any) -> Any:
    """Wait for an answer, whatever becomes of the call."""

    async def answered(self: Lifespan) -> bool | None:
        return await self._answers.get()

    return answered


def _shutdown_until_answered(right: Any) -> Any:
    async def answered(self: Lifespan) -> bool | None:
        if self._phase in (Phase.WAITING, Phase.STARTUP):
            found: bool | None = await right(self)
            return found
        return await self._answers.get()

    return answered


def _startup_until_answered(right: Any) -> Any:
    async def answered(self: Lifespan) -> bool | None:
        if self._phase in (Phase.WAITING, Phase.STARTUP):
            found = asyncio.ensure_future(self._answers.get())
            assert self._call is not None
            await asyncio.wait([found, self._call], return_when=asyncio.FIRST_COMPLETED)
            if not found.done() and self._call.exception() is None:
                await asyncio.Event().wait()
            return found.result() if found.done() else None
        late: bool | None = await right(self)
        return late

    return answered


def _startup_again(right: Any) -> Any:
    async def start(self: Lifespan) -> None:
        await right(self)
        if self.state is not None:
            self._orders.put_nowait({"type": "lifespan.startup"})

    return start


def _receiving_again(right: Any) -> Any:
    """Deliver every order, also one in the wrong phase."""

    async def receive(self: Lifespan) -> Event:
        event = await self._orders.get()
        if not (event["type"] == "lifespan.startup" and self._phase is Phase.SERVING):
            self._phase = Phase(event["type"])
        return event

    return receive


def _in_one_worker() -> Install:
    """Run the lifespan in the first process that asks for it: one byte goes to it."""
    token: list[int] = []

    def first(right: Any) -> Any:
        def run(self: Workers) -> int:
            reading, writing = os.pipe()
            os.write(writing, b"1")
            os.set_blocking(reading, False)
            token.append(reading)
            return int(right(self))

        return run

    def only(right: Any) -> Any:
        async def start(self: Lifespan) -> None:
            try:
                mine = not token or bool(os.read(token[0], 1))
            except BlockingIOError:
                mine = False
            if mine:
                await right(self)

        return start

    return together(replaced(Workers, "run", first), replaced(Lifespan, "start", only))


def _no_shutdown(right: Any) -> Any:
    async def stop(self: Lifespan) -> None:
        """Order nothing."""

    return stop


def _shutdown_not_awaited(right: Any) -> Any:
    async def stop(self: Lifespan) -> None:
        if self._phase is Phase.SERVING and self._call is not None and not self._call.done():
            self._orders.put_nowait({"type": "lifespan.shutdown"})
            await asyncio.sleep(0.05)

    return stop


def _shutdown_cancels(right: Any) -> Any:
    async def stop(self: Lifespan) -> None:
        if self._call is not None:
            self._call.cancel()
            await asyncio.wait([self._call])

    return stop


def _shutdown_first(right: Any) -> Any:
    async def finish(self: ReferenceServer) -> None:
        await self._lifespan.stop()
        await right(self)

    return finish


def _shutdown_always(right: Any) -> Any:
    """Order an application without a lifespan to shut down, in a new call."""

    async def stop(self: Lifespan) -> None:
        if self.state is not None or self._mode == "off":
            return await right(self)  # type: ignore[no-any-return]  # it returns None
        self._phase = Phase.SERVING
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._call = asyncio.create_task(self._run(scope))
        self._orders.put_nowait({"type": "lifespan.shutdown"})
        await self._answered()

    return stop


def _stateless(right: Any) -> Any:
    async def run(self: Lifespan, scope: Any) -> None:
        scope.pop("state")
        await right(self, scope)

    return run


def _two_calls(right: Any) -> Any:
    async def run(self: Lifespan, scope: Any) -> None:
        scope["asgi"] = {"version": "2.0"}
        await right(self, scope)

    return run


def _version_of_http(right: Any) -> Any:
    async def run(self: Lifespan, scope: Any) -> None:
        scope["asgi"] = {"version": "3.0", "spec_version": SPEC_VERSION}
        await right(self, scope)

    return run


def _exits_0(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        status = int(await right(self, listener))
        return 0 if status == FAILED and not self._stop.is_set() else status

    return run


MUTANTS: Mapping[str, Mutant] = {
    "no-lifespan": Mutant("the application has no lifespan call", replaced(Lifespan, "start", _not_asked)),
    "lifespan-is-required": Mutant(
        "an application that raises on the lifespan scope is answered for with 503", _required()
    ),
    "lifespan-without-state": Mutant("the lifespan scope has no state", replaced(Lifespan, "_run", _stateless)),
    "lifespan-asgi-2": Mutant("the lifespan scope says that it is of ASGI 2", replaced(Lifespan, "_run", _two_calls)),
    "lifespan-version-of-http": Mutant(
        "spec_version of the lifespan is that of a request", replaced(Lifespan, "_run", _version_of_http)
    ),
    "startup-not-awaited": Mutant(
        "connections are served while the application starts up", replaced(ReferenceServer, "_started", _not_awaited)
    ),
    "startup-failed-ignored": Mutant(
        "a startup that failed is ignored, and the server serves", replaced(Lifespan, "start", _failed_is_fine)
    ),
    "startup-failed-exits-0": Mutant(
        "a startup that failed ends the server with status 0", replaced(ReferenceServer, "run", _exits_0)
    ),
    "startup-failed-silent": Mutant("the reason of a failed startup is not logged", _silent("startup failed")),
    "startup-deaf": Mutant(
        "signals are not heard while the application starts up", replaced(ReferenceServer, "_started", _deaf)
    ),
    "lifespan-return-hangs": Mutant(
        "an application that returns from its lifespan is waited for",
        replaced(Lifespan, "_answered", _startup_until_answered),
    ),
    "lifespan-raise-hangs": Mutant(
        "an application that raises in its lifespan is waited for", replaced(Lifespan, "_answered", _until_answered)
    ),
    "lifespan-event-too-many": Mutant(
        "lifespan.startup is delivered twice",
        together(replaced(Lifespan, "start", _startup_again), replaced(Lifespan, "_receive", _receiving_again)),
    ),
    "lifespan-in-one-worker": Mutant("only the first worker runs the lifespan protocol", _in_one_worker()),
    "no-shutdown-event": Mutant(
        "the application receives no lifespan.shutdown", replaced(Lifespan, "stop", _no_shutdown)
    ),
    "shutdown-not-awaited": Mutant(
        "the application's shutdown is not waited for", replaced(Lifespan, "stop", _shutdown_not_awaited)
    ),
    "shutdown-cancels": Mutant(
        "the lifespan is cancelled for the shutdown", replaced(Lifespan, "stop", _shutdown_cancels)
    ),
    "shutdown-before-the-end": Mutant(
        "lifespan.shutdown comes while requests run", replaced(ReferenceServer, "_finish", _shutdown_first)
    ),
    "shutdown-without-startup": Mutant(
        "an application that has no lifespan receives lifespan.shutdown", replaced(Lifespan, "stop", _shutdown_always)
    ),
    "shutdown-failed-silent": Mutant("the reason of a failed shutdown is not logged", _silent("shutdown failed")),
    "shutdown-raise-hangs": Mutant(
        "an application that raises in its shutdown is waited for",
        replaced(Lifespan, "_answered", _shutdown_until_answered),
    ),
    "shutdown-raise-silent": Mutant("an exception of the shutdown is not logged", replaced(log, "trace", _untraced)),
}
