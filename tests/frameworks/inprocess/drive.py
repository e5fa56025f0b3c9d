"""``python -m inprocess.drive MODULE:ATTRIBUTE MANNER WAITS``: the checks, as a JSON list of [id, problem or ""]."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Awaitable, Sequence
from operator import attrgetter

from . import http, websocket  # noqa: F401  (each puts its checks on the list)
from .calls import App, Wrong
from .checks import CHECKS, Check
from .clock import Clock
from .manner import MANNERS, Manner
from .server import Server

STARTUP = "lifespan: startup completes"
SHUTDOWN = "lifespan: shutdown completes"


def drive(app: App, manner: Manner, waits: bool, checks: Sequence[Check] = CHECKS) -> list[tuple[str, str]]:
    """Run the checks on an app: the id of each, and what is wrong, "" for nothing."""
    clock = Clock()
    asyncio.set_event_loop(clock)
    try:
        return clock.run_until_complete(all_of(Server(app, manner, waits), checks))
    finally:
        rest = asyncio.all_tasks(clock)
        for task in rest:
            task.cancel()
        clock.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        clock.run_until_complete(clock.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        clock.close()


async def all_of(server: Server, checks: Sequence[Check]) -> list[tuple[str, str]]:
    """The checks, one after the other, between startup and shutdown."""
    found: list[tuple[str, str]] = []
    if server.manner.lifespan:
        found.append((STARTUP, await problem(server.start())))
    found += [(one.id, await problem(one.run(server))) for one in checks]
    if server.manner.lifespan and not found[0][1]:
        found.append((SHUTDOWN, await problem(server.end())))
    return found


async def problem(running: Awaitable[None]) -> str:
    """The error, in words; "" if there is none."""
    try:
        await running
    except Wrong as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(words: Sequence[str]) -> None:
    module, _, attribute = words[0].partition(":")
    app = attrgetter(attribute)(importlib.import_module(module))
    json.dump(drive(app, MANNERS[words[1]], words[2] == "waits"), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
