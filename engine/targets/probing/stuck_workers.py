"""The effect of ``worker_timeout``: a worker that a signal has stopped in a request is ended, and with it the
connection of the request.

Every server with the option ends a worker that does not run at all. Only some end one whose application blocks it.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from engine.targets.probing import probe
from engine.targets.runtimes.dialing import dial, own_address

if TYPE_CHECKING:
    from engine.model.boundary import AppCall
    from engine.targets.probing.option_checks import WithOptions

JOB = "stuck"
VALUE = 2.0
"""The time that the server is given. A worker may need more than a second until it first responds."""
GIVES_UP = 4 * VALUE
"""Seconds after which no worker was ended. gunicorn asks a worker to end after the time, and kills it a second later;
without the option the servers give 30 seconds or more."""
WAITS = "/slow/30000"
"""An endpoint of the bare WSGI app, which plays no scripts."""


async def ended(live: WithOptions, path: str) -> bool | None:
    """The connection of a request ends soon after its worker was stopped. None if no other process than the main one
    has the request."""
    script = [{"act": "sleep", "arg": 60.0}]
    live.boundary.stage(JOB, {"job": JOB, "lifespan": None, "http": script, "websocket": None, "paths": {}})
    token = live.boundary.token(JOB, 1)
    reader, writer = await dial(live.address)
    try:
        writer.write(live.greeting(own_address(writer)) + probe.head(f"GET {path} HTTP/1.1", live.address, token))
        call = await running(live, token)
        if call is None or not live.signal(signal.SIGSTOP, call.pid):
            return None
        async with asyncio.timeout(GIVES_UP):
            while await reader.read(65536):
                pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    return True


async def running(live: WithOptions, token: str) -> AppCall | None:
    """The call of a worker with that token, while it runs; None if there is none, or if the main process has it."""
    deadline = asyncio.get_running_loop().time() + probe.WITHIN
    while asyncio.get_running_loop().time() < deadline:
        live.boundary.refresh()
        if calls := live.boundary.calls(token=token):
            return calls[0] if calls[0].pid != live.pid else None
        await asyncio.sleep(probe.OFTEN)
    return None
