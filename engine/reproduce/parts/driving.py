"""A call of an ASGI application without a server: a script provides the messages of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class Driver:
    """``receive`` and ``send`` of one call. After the script, ``receive`` waits, or reports that the client has left
    if the response is complete."""

    def __init__(self, script: list[tuple[str, Any]]) -> None:
        self.script = script
        self.given: list[Any] = []
        self.sent: list[Any] = []
        self.taken = 0
        self.error: Exception | None = None
        self.sends_left = 0
        self.changed = asyncio.Event()
        self.advance()

    def advance(self) -> None:
        """Perform the entries of the script up to one that has to wait."""
        while self.script:
            word, argument = self.script[0]
            if word == "give":
                self.given.append(argument)
            elif word == "fail_send":
                self.error, self.sends_left = argument
            else:
                later = [
                    number for number in range(self.taken, len(self.sent)) if self.sent[number]["type"] == argument
                ]
                if not later:
                    return
                self.taken = later[0] + 1
            self.script.pop(0)
        self.changed.set()

    async def receive(self) -> Any:
        while not self.given:
            if self.sent and self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body"):
                return {"type": "http.disconnect"}
            self.changed.clear()
            await self.changed.wait()
        return self.given.pop(0)

    async def send(self, message: Any) -> None:
        if self.error is not None:
            if self.sends_left <= 0:
                raise self.error
            self.sends_left -= 1
        self.sent.append(message)
        self.advance()
        self.changed.set()


def drive(
    app: Callable[..., Awaitable[Any]], scope: dict[str, Any], script: list[tuple[str, Any]], within: float
) -> str:
    """Call an application, and play a script. Returns what could not be played, "" if nothing."""

    async def call() -> str:
        driver = Driver(script)
        calling = asyncio.ensure_future(app(scope, driver.receive, driver.send))
        await asyncio.wait([calling], timeout=within)
        if not calling.done():
            calling.cancel()
            await asyncio.wait([calling], timeout=0.5)
            return f"the call had not ended after {within:g} s"
        calling.exception()
        return f"the application sent no {driver.script[0][1]}" if driver.script else ""

    return asyncio.run(call())
