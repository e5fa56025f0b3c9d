"""Faults in the ways a startup ends, in the modes of the lifespan protocol, and in the state that startup leaves."""

from __future__ import annotations

import asyncio
import copy
import signal
from collections.abc import Mapping
from typing import Any

from .. import log, main
from ..lifespan import Failed, Lifespan, Phase
from ..server import ReferenceServer
from .base import Install, Mutant, Scope, replaced, scopes


def deaf_while_loading(right: Any) -> Any:
    """Keep signals until the application is loaded."""

    def loaded(name: str) -> Any:
        numbers = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        try:
            return right(name)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)

    return loaded


def _required_for(*classes: type[Exception]) -> Install:
    """End the server if its application raises one of these in its startup."""

    def wrong(right: Any) -> Any:
        async def start(self: Lifespan) -> None:
            await right(self)
            call = self._call
            if call is not None and call.done() and isinstance(self.__dict__.get("error"), classes):
                raise Failed

        return start

    def noting(right: Any) -> Any:
        async def run(self: Lifespan, scope: Scope) -> None:
            async def app(*given: Any) -> None:
                try:
                    await right_app(*given)
                except Exception as error:
                    self.__dict__["error"] = error
                    raise

            right_app, self._app = self._app, app
            await right(self, scope)

        return run

    def put() -> None:
        replaced(Lifespan, "start", wrong)()
        replaced(Lifespan, "_run", noting)()

    return put


def _until_the_call_ends(right: Any) -> Any:
    async def start(self: Lifespan) -> None:
        try:
            await right(self)
        except Failed:
            if self._call is not None:
                await asyncio.wait([self._call])
            raise

    return start


def _formatted(right: Any) -> Any:
    """Use the text as a format, as a logger does with arguments."""

    def say(text: str) -> None:
        try:
            right(text % ())
        except (TypeError, ValueError):
            right("a line that cannot be formatted")

    return say


def _awaited_then_left(right: Any) -> Any:
    """Wait for the startup after a signal, and end without the application's shutdown."""

    async def started(self: ReferenceServer) -> bool:
        await self._lifespan.start()
        return not self._stop.is_set()

    return started


def _shutdown_after_failure(right: Any) -> Any:
    """Order an application to shut down after its startup has failed, if there was a signal."""

    async def started(self: ReferenceServer) -> bool:
        lifespan = self._lifespan
        try:
            await lifespan.start()
        except Failed:
            if self._stop.is_set():
                lifespan._phase = Phase.SERVING
                again = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
                lifespan._call = asyncio.ensure_future(lifespan._run(again))
                await lifespan.stop()
            raise
        return not self._stop.is_set()

    return started


def _in_another_loop(right: Any) -> Any:
    """Run the startup in an event loop of its own, which ends with it."""

    async def start(self: Lifespan) -> None:
        def run() -> None:
            self._orders, self._answers = asyncio.Queue(), asyncio.Queue()
            asyncio.run(right(self))

        await asyncio.to_thread(run)

    return start


def _mode(changes: Mapping[str, str]) -> Install:
    """Take a mode of the lifespan protocol for another one."""

    def wrong(right: Any) -> Any:
        def init(self: Lifespan, app: Any, mode: str) -> None:
            right(self, app, changes.get(mode, mode))

        return init

    return replaced(Lifespan, "__init__", wrong)


def _state_filled(right: Any) -> Any:
    async def run(self: Lifespan, scope: Scope) -> None:
        scope["state"]["server"] = "reference"
        await right(self, scope)

    return run


def _version_9(right: Any) -> Any:
    async def run(self: Lifespan, scope: Scope) -> None:
        scope["asgi"] = {**scope["asgi"], "spec_version": "9"}
        await right(self, scope)

    return run


def _deep(scope: Scope) -> None:
    if "state" in scope:
        scope["state"] = copy.deepcopy(scope["state"])


def _state_kept(right: Any) -> Any:
    """Serve with a state although the application has no lifespan."""

    async def start(self: Lifespan) -> None:
        await right(self)
        if self.state is None and self._mode != "off":
            self.state = {"startup": "failed"}

    return start


MUTANTS: Mapping[str, Mutant] = {
    "deaf-while-loading": Mutant(
        "a signal that arrives while the application is loaded counts once it is",
        replaced(main, "loaded", deaf_while_loading),
    ),
    "lifespan-reset-ends": Mutant(
        "an application that raises an OSError in its startup ends the server", _required_for(OSError)
    ),
    "lifespan-lookup-ends": Mutant(
        "an application that raises a LookupError in its startup ends the server", _required_for(LookupError)
    ),
    "startup-failed-waits": Mutant(
        "a server whose startup failed waits until the application returns",
        replaced(Lifespan, "start", _until_the_call_ends),
    ),
    "reasons-are-formats": Mutant(
        "a percent sign in a reason is a format of the log", replaced(log, "say", _formatted)
    ),
    "startup-signal-skips-shutdown": Mutant(
        "a signal in the startup ends the server after it, without lifespan.shutdown",
        replaced(ReferenceServer, "_started", _awaited_then_left),
    ),
    "startup-failure-then-shutdown": Mutant(
        "an application whose startup fails after a signal is called again for lifespan.shutdown",
        replaced(ReferenceServer, "_started", _shutdown_after_failure),
    ),
    "startup-in-another-loop": Mutant(
        "the startup runs in an event loop of its own, which ends with it",
        replaced(Lifespan, "start", _in_another_loop),
    ),
    "lifespan-off-ignored": Mutant("the lifespan mode off is taken for auto", _mode({"off": "auto"})),
    "lifespan-on-ignored": Mutant("the lifespan mode on is taken for auto", _mode({"on": "auto"})),
    "lifespan-on-is-off": Mutant("the lifespan mode on is taken for off", _mode({"on": "off"})),
    "lifespan-auto-is-on": Mutant("the lifespan mode auto is taken for on", _mode({"auto": "on"})),
    "lifespan-state-filled": Mutant(
        "the state has a name of the server's before startup", replaced(Lifespan, "_run", _state_filled)
    ),
    "lifespan-spec-version-9": Mutant(
        "the lifespan scope has a version of its specification that does not exist",
        replaced(Lifespan, "_run", _version_9),
    ),
    "state-is-deep": Mutant("each request has a deep copy of the state", scopes(_deep)),
    "state-without-lifespan": Mutant(
        "requests have a state although startup was not complete", replaced(Lifespan, "start", _state_kept)
    ),
}
