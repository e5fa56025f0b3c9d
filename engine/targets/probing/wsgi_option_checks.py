"""The effects of options that show otherwise on an app that is called through WSGI: it plays no scripts, and has no
lifespan. The endpoints are those of the bare WSGI app."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from engine.targets.probing import probe
from engine.targets.runtimes import readiness
from engine.targets.runtimes.dialing import dial, own_address

if TYPE_CHECKING:
    from engine.targets.probing.option_checks import WithOptions

AT_ONCE = 4
ROUNDS = 8
WAITS = "/slow/1500"
"""Takes a second and a half."""
HOLDS = "/boundary/held/probe/plain"
"""Sends half of a response, and waits five seconds before the other half."""
FIRST = b"first,"
GIVEN_UP = 3.5
"""Seconds after which a request that takes five was given up, for a grace of one second."""


async def two_workers(live: WithOptions) -> bool | None:
    """Several processes answer requests that come at once. None if no call shows."""
    pids: set[int] = set()
    for round in range(ROUNDS):
        tokens = [live.boundary.token("workers", AT_ONCE * round + number) for number in range(AT_ONCE)]
        await asyncio.gather(*(waiting(live, token) for token in tokens))
        calls = [await readiness.reported(live.boundary, token) for token in tokens]
        pids |= {call.pid for call in calls if call is not None}
        if len(pids) > 1:
            return True
    return False if pids else None


async def waiting(live: WithOptions, token: str) -> None:
    """A request that keeps its worker busy."""
    request = probe.head(f"GET {WAITS} HTTP/1.1", live.address, token, "Connection: close")
    await probe.exchange(live.address, request, b"", seconds=AT_ONCE * 2.0, greeting=live.greeting)


async def grace(live: WithOptions) -> bool | None:
    """A request that runs when the server is asked to end is given up after the time. None if it did not run."""
    token = live.boundary.token("grace", 1)
    loop = asyncio.get_running_loop()
    reader, writer = await dial(live.address)
    try:
        writer.write(live.greeting(own_address(writer)) + probe.head(f"GET {HOLDS} HTTP/1.1", live.address, token))
        async with asyncio.timeout(probe.WITHIN):
            await reader.readuntil(FIRST)
        begun = loop.time()
        live.signal(signal.SIGTERM)
        ended = await probe.within(GIVEN_UP, lambda: live.ended is not None)
    except (TimeoutError, OSError, EOFError):
        return None
    finally:
        writer.close()
    return False if not ended else True if loop.time() - begun > 0.5 else None
