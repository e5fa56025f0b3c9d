"""The sentinel: a request of the engine's own, whose record proves that all earlier records have been read.

"The application was not called" cannot be seen, only waited for. After a quiet time one request goes out on a new
connection; once its call is on record, whatever was called before it is on record as well (exact with one worker;
with several, the quiet time remains).
"""

from __future__ import annotations

import asyncio

from engine.errors import ChannelError, EvidenceLost
from engine.model.boundary import wrong_client
from engine.model.phrasing import sentence
from engine.steps.api.context import Context
from engine.steps.http1.session import Response, ResponseReader, request_bytes
from engine.steps.shared.sending import ENGINE_HEADER

PATH = "/health"
ANSWERED = 200  # what the contract's application says there; a server that refuses has other words
WITHIN = 1.0
POLL = 0.002


async def send_sentinel(ctx: Context, *, by_address: bool = False) -> bool:
    """Send the sentinel, and wait until its call is on record, at most WITHIN seconds. Returns true if it is.

    ``by_address`` is true if calls without the engine's header are needed, which are only known by their client's
    address. Raises EvidenceLost if the application answered the sentinel and no call is on record, and if the address
    is needed and the server reports another one for it, since the absence of a call could not be checked.
    """
    boundary = ctx.live.boundary
    # A job of its own, so that no script of the case is played for it and no step takes it for its own.
    job = f"{ctx.job}-sentinel-{int(ctx.now() * 1e6)}"
    token = boundary.token(job, 1)
    performed = ctx.performed
    peer, name = performed.peer, performed.connection
    answer = Response()
    try:
        async with asyncio.timeout(WITHIN):
            connection = await ctx.connect(None)
            try:
                data = request_bytes("GET", PATH, host=ctx.live.host, added=((ENGINE_HEADER, token.encode()),))
                await connection.channel.send(ctx.live.greeting(connection.channel.local) + data)
                await ResponseReader(answer).read(connection.channel)
                boundary.refresh()
                while not boundary.calls(token=token):
                    await asyncio.sleep(POLL)
                    boundary.refresh()
                (call,) = boundary.calls(token=token)[:1]
                wrong = wrong_client(call, connection.channel.local, performed.step.place) if by_address else None
                if wrong is not None:
                    raise EvidenceLost(f"{sentence(wrong)}; {wrong.why}", mismatch=wrong)
            finally:
                ctx.release(connection)
        return True
    except (ChannelError, TimeoutError) as error:
        if answer.status == ANSWERED and answer.complete:
            raise EvidenceLost(
                f"the application answered a request of the engine's own, and {WITHIN:g} s later the observer has no "
                "record of its call",
                hint="check the target's log, and the free space on its disk",
            ) from error
        ctx.note("sentinel", f"a request of the engine's own is not on record: {error or 'nothing came'}")
        return False
    finally:
        performed.peer, performed.connection = peer, name
        boundary.finish(job)
