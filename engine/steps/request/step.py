"""The step ``request``: one HTTP request, and its response."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import ChannelClosed, ChannelError
from engine.model.case import LIBRARY
from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.exchange import converse, failed
from engine.steps.http1.session import Response, request_bytes, still_open, time_out
from engine.steps.http2.client import speaks_http2
from engine.steps.request import over_http2
from engine.steps.request.facts import OF_CLIENT, RequestFacts
from engine.steps.request.versions import http1_only
from engine.steps.shared.sending import ENGINE_HEADER, TOKEN, Headers, Query, path_of, rendered, target, unfit_target
from engine.steps.shared.values import flag, scalar, seconds, text

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
    follow: object = False
    cookies: object = None


# Headers that a library sets itself, or that change the connection under it.
_LIBRARYS = frozenset(
    {"host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "trailer", "expect", "keep-alive"}
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def not_by_library(params: RequestParams) -> str:
    """The reason why only the engine's own client can send this, "" if a library can as well."""
    if params.framing is not None:
        return "it sets the framing"
    if params.trailers:
        return "it has trailers"
    if params.version != "1.1":
        return "it sets the version"
    if params.abandon_after is not None:
        return "it abandons the response"
    if params.method not in _METHODS:
        return "it sets the method"
    for name, _ in params.headers:
        if name.lower() in _LIBRARYS or "$(" in name:
            return f"it sets the header {name}"
    return ""


def parse(node: Node, reader: NodeReader) -> RequestParams:
    """The parameters of a valid node."""
    path_node = node.get("path")
    path = path_of(path_node, reader) if path_node else "/"
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
    leave, follow, cookies = (node.get(key) for key in ("abandon_after", "follow", "cookies"))
    params = RequestParams(
        path,
        str(keys.get("method", "GET")),
        reader.query(query) if query else None,
        reader.headers(headers) if headers else (),
        reader.bytes(body) if body else None,
        reader.headers(trailers) if trailers else (),
        keys.get("framing"),
        version,
        reader.time(leave) if leave else None,
        reader.value(follow) if follow else False,
        reader.value(cookies) if cookies else None,
    )
    if cookies and cookies.value == "":
        reader.mistake(cookies, "a jar has a name", "like cookies: jar")
    for one in (follow, cookies):
        if one is not None and (why := not_by_library(params)):
            reader.mistake(one, f"httpx performs this step, and cannot: {why}", "leave one of the two out")
    return params


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


def preview_http2(params: RequestParams, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The frames of the request as they will be sent over HTTP/2."""
    return over_http2.previewed(outgoing(params, variables), host, TOKEN)


async def perform(params: RequestParams, ctx: Context) -> Observation:
    """Send the request, and read the response until it is complete or broken, or its time is over. Returns the facts of
    the response. Raises ValueError and Unknown for values that cannot be rendered, and ChannelClosed for a named
    connection that an earlier step closed."""
    variables = ctx.variables
    if speaks_http2(ctx):
        return await over_http2.perform(outgoing(params, variables), ctx)
    if wants_library(params, ctx):
        found = await perform_by_library(params, ctx)
        if found is not None:
            return found
    method = text(params.method, variables)
    body = params.body.render(variables) if params.body is not None else None
    leave = seconds(params.abandon_after, variables) if params.abandon_after is not None else None
    data = bytes_of(params, variables, ctx.live.host, ctx.token())
    response = Response(method, sent_at=ctx.now())
    facts = RequestFacts(response, body or b"", abandoned=leave is not None)
    connection = await converse(ctx, response, data, body=body or b"", leave=leave)
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    if connection is not None:
        if "open" in ctx.step.checks.facts and leave is None:
            response.open = await still_open(connection.channel, response)
        ctx.release(connection)
    return facts


def outgoing(params: RequestParams, variables: Mapping[str, object]) -> over_http2.Outgoing:
    """The request with its values. Raises Unknown and ValueError where something cannot be rendered."""
    return over_http2.Outgoing(
        text(params.method, variables),
        target(params.path, params.query, variables),
        rendered(params.headers, variables),
        params.body.render(variables) if params.body is not None else None,
        rendered(params.trailers, variables),
        seconds(params.abandon_after, variables) if params.abandon_after is not None else None,
    )


def wants_words(params: RequestParams, ctx: Context) -> bool:
    """True if the step asks for what a client does for its user."""
    return bool(params.follow) or params.cookies is not None or not OF_CLIENT.isdisjoint(ctx.step.checks.facts)


def wants_library(params: RequestParams, ctx: Context) -> bool:
    """True if httpx performs the step: for its words, or since the run does so, and if it can."""
    return (ctx.case.client == LIBRARY or wants_words(params, ctx)) and not not_by_library(params)


async def perform_by_library(params: RequestParams, ctx: Context) -> RequestFacts | None:
    """The step as httpx performs it; None, with a note, if httpx sends no such request or another target."""
    if "engine.clients.http" not in sys.modules:
        # httpx takes a quarter of a second to import, which the other jobs do not wait for.
        await asyncio.to_thread(importlib.import_module, "engine.clients.http")
    from engine.clients.http import Unfit, target_of  # noqa: PLC0415 (most runs do without httpx)
    from engine.steps.request.by_library import LibraryRequest, jar_of  # noqa: PLC0415

    variables, words = ctx.variables, wants_words(params, ctx)
    method, wanted = text(params.method, variables), target(params.path, params.query, variables)
    if not words and target_of(ctx.live.host, wanted) != wanted:
        ctx.note("own client", f"httpx would change the target {wanted}")
        return None
    body = params.body.render(variables) if params.body is not None else None
    headers = [(ENGINE_HEADER, ctx.token().encode()), *rendered(params.headers, variables)]
    response = Response(method, sent_at=ctx.now())
    facts = RequestFacts(response, body or b"")
    if params.cookies is not None:
        name = text(params.cookies, variables)
        facts.jar = jar_of(ctx, name)
        ctx.performed.kept = (name, facts.jar)
    work = LibraryRequest(ctx, response, body or b"")
    within, began = ctx.step.checks.within, ctx.now()
    try:
        async with asyncio.timeout(within):
            await work.perform(
                method, wanted, headers, body=body, follow=flag(params.follow, variables), jar=facts.jar, defaults=words
            )
    except Unfit as error:
        if not words:
            ctx.note("own client", f"httpx refuses to send this: {error}")
            return None
        response.outcome, response.detail = "malformed", f"httpx: {error}"
    except TimeoutError:
        time_out(response, within or 0.0, began)
    except ChannelClosed:
        raise
    except ChannelError as error:
        failed(ctx, response, error)
    facts.redirects = work.answer.redirects if work.answer is not None else ()
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    connection = work.last()
    if connection is not None:
        if "open" in ctx.step.checks.facts:
            response.open = await still_open(connection.channel, response)
        ctx.release(connection)
    return facts


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
                "follow": scalar("boolean", description="Follow redirects, by httpx; false by default."),
                "cookies": literal("text", "The name of a jar: httpx keeps cookies in it, and sends them."),
                "abandon_after": literal("time", "Close the connection so long after the last byte was sent."),
            },
            required=("path",),
        ),
        parse=parse,
        perform=perform,
        endpoint=("path", "http"),
        not_by_hand=not_by_hand,
        facts=RequestFacts.facts,
        compared=RequestFacts.compared,
        observes=True,
        within="waits",
        named=True,
        connects=True,
        preview=preview,
        preview_http2=preview_http2,
        besides=("abandon_after", "follow", "cookies"),
        not_by_library=not_by_library,
        http1=http1_only,
        lasts=0.05,
    ),
)
