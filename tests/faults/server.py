"""A small, strict HTTP/1.1 and WebSocket server for ASGI applications, in which one fault can be switched on.

    python -m tests.faults.server module:app --fd 3 --fault no-date --loop asyncio

Without ``--fault`` it is right. It listens on a descriptor that it inherits, runs the lifespan protocol, and on SIGTERM
or SIGINT stops to accept, lets what runs come to its end, and shuts the application down.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .events import Event, check
from .http1 import App, serve_connection
from .switches import FAULTS, Switch
from .wire import Wire

log = logging.getLogger("tests.faults")
GRACE = 5.0  # seconds that what runs has to come to its end
STARTUP_FAILED = 3


class StartupFailed(Exception):
    """The application answered ``lifespan.startup.failed``."""


class Lifespan:
    """The lifespan protocol with one application. Its ``state`` is None where the application has no lifespan."""

    def __init__(self, app: App, switch: Switch) -> None:
        self.app = app
        self.switch = switch
        self.state: dict[str, Any] | None = None
        self.orders: asyncio.Queue[Event] = asyncio.Queue()
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.call: asyncio.Task[None] | None = None
        self.message = ""

    async def start(self) -> None:
        """Have the application start up. Raises StartupFailed if it says so; an exception means it has no lifespan."""
        if self.switch("no-lifespan"):
            return
        state: dict[str, Any] = {}
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        self.call = asyncio.create_task(self.run(scope))
        answer = await self.order("lifespan.startup")
        if answer == "lifespan.startup.complete":
            self.state = state
        elif answer == "lifespan.startup.failed" or self.switch("lifespan-is-required"):
            raise StartupFailed(self.message)

    async def stop(self) -> None:
        """Have the application shut down, where it started up."""
        running = self.state is not None and self.call is not None and not self.call.done()
        if running and await self.order("lifespan.shutdown") == "lifespan.shutdown.failed":
            log.error("shutdown failed: %s", self.message)

    async def order(self, what: str) -> str:
        self.orders.put_nowait({"type": what})
        return await self.answers.get()

    async def run(self, scope: dict[str, Any]) -> None:
        try:
            await self.app(scope, self.orders.get, self.send)
        except Exception:
            log.info("the application has no lifespan", exc_info=True)
        self.answers.put_nowait("over")

    async def send(self, event: Event) -> None:
        checked = check(event, "lifespan", self.switch)
        if checked is not None:
            self.message = str(checked.get("message", ""))
            self.answers.put_nowait(str(checked["type"]))


async def serve(app: App, listener: socket.socket, switch: Switch) -> int:
    """Serve until a signal says stop; the exit status."""
    lifespan = Lifespan(app, switch)
    try:
        await lifespan.start()
    except StartupFailed as failure:
        log.error("startup failed: %s", failure)
        return STARTUP_FAILED
    running: dict[asyncio.Task[Any], Wire] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        wire = running[task] = Wire(reader, writer, switch)
        try:
            await serve_connection(wire, app, lifespan.state, switch)
        except ConnectionError:
            pass
        except Exception:
            log.exception("the server broke")
        finally:
            running.pop(task)
            await wire.close()

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    accepting = await asyncio.start_server(connected, sock=listener)
    await stop.wait()
    accepting.close()
    await finish(running)
    await lifespan.stop()
    return 0


async def finish(running: Mapping[asyncio.Task[Any], Wire]) -> None:
    """End the connections: those between two requests at once, the others when they are done, or after GRACE."""
    tasks = dict(running)
    for task, wire in tasks.items():
        wire.last = True
        if wire.idle:
            task.cancel()
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def load(name: str) -> App:
    """``module:attribute``, imported."""
    module, _, attribute = name.partition(":")
    return cast(App, getattr(importlib.import_module(module), attribute or "app"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app", help="module:attribute of an ASGI 3 application")
    parser.add_argument("--fd", type=int, required=True, help="a listening descriptor")
    parser.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME", help="the fault to have")
    parser.add_argument("--loop", default="asyncio", choices=["asyncio", "uvloop"])
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    sys.path.insert(0, os.getcwd())
    listener = socket.socket(fileno=options.fd)
    listener.setblocking(False)
    factory = importlib.import_module("uvloop").new_event_loop if options.loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(serve(load(options.app), listener, Switch(options.fault)))


if __name__ == "__main__":
    sys.exit(main())
