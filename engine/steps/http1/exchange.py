"""The exchange of one request over HTTP/1.1: connect, send, and read the response; every failure is its outcome."""

from __future__ import annotations

import asyncio

from engine.errors import ChannelClosed, ChannelError, ConnectionRefused, Endless, HandshakeFailed, Reset
from engine.steps.api.context import Connection, Context
from engine.steps.http1.session import Response, ResponseReader, time_out
from engine.steps.shared.sending import send


async def converse(
    ctx: Context, response: Response, data: bytes, *, body: bytes = b"", leave: float | None = None
) -> Connection | None:
    """Connect and exchange, within the step's deadline; what goes wrong is the response's outcome. The connection,
    None where there is none. Raises ChannelClosed for a named connection that this side has closed."""
    step = ctx.step
    within, began = step.checks.within, ctx.now()
    connection: Connection | None = None
    try:
        if within is None:  # as in most steps, which have the deadline of the case
            connection = await ctx.connect(step.connection)
            await exchange(ctx, connection, response, data, body=body, leave=leave)
        else:
            async with asyncio.timeout(within):
                connection = await ctx.connect(step.connection)
                await exchange(ctx, connection, response, data, body=body, leave=leave)
    except TimeoutError:
        time_out(response, within or 0.0, began)
    except ChannelClosed:
        raise
    except ChannelError as error:
        failed(ctx, response, error)
    return connection


def failed(ctx: Context, response: Response, error: ChannelError) -> None:
    """Note the outcome of a response whose connection failed."""
    if isinstance(error, HandshakeFailed):
        ctx.note("no connection", error.what, subject=ctx.step.connection or "")
    outcomes = ((ConnectionRefused, "refused"), (HandshakeFailed, "handshake"), (Reset, "reset"), (Endless, "endless"))
    response.outcome = next((word for kind, word in outcomes if isinstance(error, kind)), "timeout")
    response.detail = error.what


async def exchange(
    ctx: Context,
    connection: Connection,
    response: Response,
    data: bytes,
    *,
    body: bytes = b"",
    leave: float | None = None,
) -> None:
    """Send ``data`` on a connection and read its response; ``leave`` seconds after the last byte the connection is
    closed, whatever came. A connection that the server has closed before is not written to."""
    channel = connection.channel
    if channel.ended in ("fin", "reset"):
        response.outcome = "closed" if channel.ended == "fin" else "reset"
        response.detail = "the server had closed the connection before this request"
        response.ended_at = ctx.now()
        return
    await send(ctx, connection, data, body)
    response.sent_at = connection.since
    if leave is None:
        await ResponseReader(response).read(channel)
        return
    left = leave - (ctx.now() - response.sent_at)
    try:
        async with asyncio.timeout(left):
            await ResponseReader(response).read(channel)
            await asyncio.sleep(left)
    except TimeoutError:
        if not response.outcome:
            time_out(response, leave, response.sent_at)
    channel.close()
