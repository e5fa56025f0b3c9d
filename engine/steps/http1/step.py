"""The step ``request``: one HTTP/1.1 request, and its response."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import ChannelClosed, ChannelError, ConnectionRefused, Endless, HandshakeFailed, Reset
from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.steps.api.context import Connection, Context
from engine.steps.api.observation import Observation
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.facts import ResponseFacts
from engine.steps.http1.session import Response, ResponseReader, request_bytes, still_open, time_out
from engine.steps.shared.sending import ENGINE_HEADER, TOKEN, Headers, Query, rendered, send, target
from engine.steps.shared.values import scalar, seconds, text

_unfit = re.compile(r"[^!-~]")
_FRAMINGS = ("content-length", "chunked", "none")


@dataclass(frozen=True)
class RequestParams:
    """The parameters of ``request``."""

    path: str
    method: str = "GET"
    query: Query = None
    headers: Headers = ()
    body: ByteString | None = None
    trailers: Headers = ()
    framing: str | None = None
    version: str | Variable = "1.1"
    abandon_after: float | Variable | None = None


def unfit_target(node: Node, reader: NodeReader, path: str) -> None:
    """Note a path that no request line can carry."""
    without = re.sub(r"\$\([^)]*\)", "", path)
    if _unfit.search(without):
        reader.mistake(node, "a request's target holds visible ASCII only", "write other bytes as %20 or %C3%A9")
    elif "#" in without:
        reader.mistake(node, "a fragment is never sent to a server", "write # as %23")


def parse(node: Node, reader: NodeReader) -> RequestParams:
    """The parameters of a valid node."""
    path_node = node.get("path")
    path = str(reader.value(path_node)) if path_node else "/"
    if path_node:
        unfit_target(path_node, reader, path)
    keys = {name: reader.value(found) for name in ("method", "framing", "version") if (found := node.get(name))}
    trailers = node.get("trailers")
    if trailers and keys.get("framing", "chunked") != "chunked":
        reader.mistake(trailers, "trailers come after chunks only", "write `framing: chunked`, or leave it out")
    version = keys.get("version", "1.1")
    if isinstance(version, str) and version not in ("1.0", "1.1") and "$(" not in version:
        reader.mistake(node.get("version") or node, f"there is no HTTP version {version!r} here", 'use "1.0" or "1.1"')
    query, headers, body = node.get("query"), node.get("headers"), node.get("body")
    leave = node.get("abandon_after")
    return RequestParams(
        path,
        str(keys.get("method", "GET")),
        reader.query(query) if query else None,
        reader.headers(headers) if headers else (),
        reader.bytes(body) if body else None,
        reader.headers(trailers) if trailers else (),
        keys.get("framing"),
        version,
        reader.time(leave) if leave else None,
    )


def bytes_of(params: RequestParams, variables: Mapping[str, object], host: str, token: str) -> bytes:
    """The bytes of the request. Raises Unknown and ValueError where something cannot be rendered."""
    return request_bytes(
        text(params.method, variables),
        target(params.path, params.query, variables),
        host=host,
        headers=rendered(params.headers, variables),
        added=((ENGINE_HEADER, token.encode()),),
        version=text(params.version, variables),
        body=params.body.render(variables) if params.body is not None else None,
        framing=params.framing,
        trailers=rendered(params.trailers, variables),
    )


def preview(params: RequestParams, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The request as it will be sent."""
    return [PreviewBytes(bytes_of(params, variables, host, TOKEN))]


async def perform(params: RequestParams, ctx: Context) -> Observation:
    """Send the request, and read the response until it is complete or broken, or its time is over. Returns the facts of
    the response. Raises ValueError and Unknown for values that cannot be rendered, and ChannelClosed for a named
    connection that an earlier step closed."""
    variables = ctx.variables
    method = text(params.method, variables)
    body = params.body.render(variables) if params.body is not None else None
    leave = seconds(params.abandon_after, variables) if params.abandon_after is not None else None
    data = bytes_of(params, variables, ctx.live.host, ctx.token())
    response = Response(method, sent_at=ctx.now())
    facts = ResponseFacts(response, body or b"", abandoned=leave is not None)
    connection = await converse(ctx, response, data, body=body or b"", leave=leave)
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    if connection is not None:
        if "open" in ctx.step.checks.facts and leave is None:
            response.open = await still_open(connection.channel, response)
        ctx.release(connection)
    return facts


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
    except ConnectionRefused as error:
        response.outcome, response.detail = "refused", error.what
    except HandshakeFailed as error:
        ctx.note("no connection", error.what, subject=step.connection or "")
        response.outcome, response.detail = "handshake", error.what
    except ChannelClosed:
        raise
    except Reset as error:
        response.outcome, response.detail = "reset", error.what
    except Endless as error:
        response.outcome, response.detail = "endless", error.what
    except ChannelError as error:
        response.outcome, response.detail = "timeout", error.what
    return connection


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


def not_by_hand(params: RequestParams) -> str:
    """The reason why this cannot be reproduced, "" if it can."""
    return "" if params.abandon_after is None else "the client hangs up before the response is over"


STEP_TYPES = (
    StepType(
        name="request",
        awaits=lambda params: f"the response to {params.method} {params.path}",
        groups=("step",),
        summary="Sends one HTTP request, and checks its response.",
        schema=mapping(
            {
                "path": literal("text", "The path, exactly as it stands in the request line."),
                "method": literal("text", "The method; GET by default."),
                "query": literal("query", "The part after `?`: a mapping, which is encoded, or the exact text."),
                "headers": literal("headers", "Headers, in order; Host and the length are added where missing."),
                "body": literal("bytes", "The request's content."),
                "trailers": literal("headers", "Trailers after the last chunk; they imply `framing: chunked`."),
                "framing": {
                    "type": "string",
                    "enum": list(_FRAMINGS),
                    "description": "The framing of the content: content-length (default), chunked, or none, which "
                    "adds no header.",
                },
                "version": scalar("string", description='The HTTP version: "1.1" (default) or "1.0".'),
                "abandon_after": literal("time", "Close the connection so long after the last byte was sent."),
            },
            required=("path",),
        ),
        parse=parse,
        perform=perform,
        endpoint=("path", "http"),
        not_by_hand=not_by_hand,
        facts=ResponseFacts.facts,
        compared=ResponseFacts.compared,
        observes=True,
        within="waits",
        named=True,
        connects=True,
        preview=preview,
        besides=("abandon_after",),
        lasts=0.05,
    ),
)
