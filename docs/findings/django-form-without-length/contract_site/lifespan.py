"""Answers the lifespan protocol, which neither Django nor Channels does; framework.yaml declares it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

started: dict[str, Any] = {}
"""The data that startup sets up, for the life of the worker."""


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            started["startup_called"] = True
            started["startup_time"] = time.time()
            started["custom_data"] = {"initialized": True}
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
