"""Applications for a server in a process of its own; what they say goes to their output."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")  # in one piece, since workers share it
    sys.stdout.flush()


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """It starts up, answers /slow when it is let, and shuts down; FAILS names what fails."""
    fails = os.environ.get("FAILS", "")
    if scope["type"] == "lifespan":
        await receive()
        if fails == "hangs":
            tell("starting")
            await asyncio.Event().wait()
        await send({"type": "lifespan.startup.failed" if fails == "startup" else "lifespan.startup.complete"})
        tell("started")
        await receive()
        tell("shutdown")
        await send({"type": "lifespan.shutdown.failed" if fails == "shutdown" else "lifespan.shutdown.complete"})
        return
    loop = asyncio.get_running_loop()
    text = f"{type(loop).__module__} {'engine' in sys.modules} {sorted({'httpx', 'yaml'} & set(sys.modules))}"
    text += f" pid={os.getpid()} "
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    if scope["path"] == "/slow":
        tell("running")
        await asyncio.to_thread(sys.stdin.readline)
    elif scope["path"] == "/stuck":
        tell("running")
        await asyncio.Event().wait()
    await send({"type": "http.response.body", "body": b" end"})
