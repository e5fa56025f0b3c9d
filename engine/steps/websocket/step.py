"""The step ``websocket``: an opening handshake, and a script on the WebSocket that it opens."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.clients.websocket import LibraryWebSocket
from engine.model.case import LIBRARY, Step
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.model.variables import fill
from engine.protocols.http1 import Pair
from engine.steps.api.context import Connection, Context
from engine.steps.api.observation import Observation
from engine.steps.api.preview import PreviewBytes, field_lines
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.exchange import converse
from engine.steps.http1.session import Response, request_bytes, still_open
from engine.steps.http2.client import speaks_http2
from engine.steps.shared.sending import ENGINE_HEADER, TOKEN, Headers, Query, path_of, rendered, target, unfit_target
from engine.steps.websocket import over_http2
from engine.steps.websocket.by_library import LibrarySession
from engine.steps.websocket.facts import HandshakeFacts
from engine.steps.websocket.session import WebSocketSession, inflater_for, session_of
from engine.steps.websocket.versions import http1_only


@dataclass(frozen=True)
class WebSocketParams:
    """The parameters of ``websocket``. ``connect`` is None if a named connection is continued."""

    connect: str | None = None
    query: Query = None
    headers: Headers = ()
    subprotocols: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    script: tuple[Step, ...] = ()


def parse(node: Node, reader: NodeReader) -> WebSocketParams:
    """The parameters of a valid node."""
    path_node, script = node.get("connect"), node.get("script")
    path = path_of(path_node, reader) if path_node else None
    if path_node and path is not None:
        unfit_target(path_node, reader, path)
    if path is None:
        if "connection" not in node:
            reader.mistake(node, "this opens no WebSocket and continues none", "write `connect: PATH`")
        elif not script:
            reader.mistake(node, "this opens no WebSocket and does nothing on one", "write `connect` or `script`")
        for key in ("query", "headers", "subprotocols", "offer"):
            if (found := node.get(key)) is not None:
                reader.mistake(found, f"`{key}` belongs to a handshake", "write `connect: PATH` as well")
    query, headers = node.get("query"), node.get("headers")
    return WebSocketParams(
        path,
        reader.query(query) if query else None,
        reader.headers(headers) if headers else (),
        _texts(node.get("subprotocols"), reader),
        _texts(node.get("offer"), reader),
        reader.script(script, "websocket") if script else (),
    )


def _texts(node: Node | None, reader: NodeReader) -> tuple[str, ...]:
    return tuple(str(reader.value(item)) for item in node.items()) if node else ()


def bytes_of(params: WebSocketParams, variables: Mapping[str, object], host: str, token: str, key: str) -> bytes:
    """The bytes of the handshake. Raises Unknown and ValueError where something cannot be rendered."""
    headers = rendered(params.headers, variables)
    subprotocols = [fill(name, variables) for name in params.subprotocols]
    offers = [fill(offer, variables) for offer in params.offer]
    return request_bytes(
        "GET",
        target(params.connect or "/", params.query, variables),
        host=host,
        headers=headers,
        added=[(ENGINE_HEADER, token.encode()), *_asking(headers, key, subprotocols, offers)],
        framing="none",
    )


def preview(params: WebSocketParams, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The handshake as it will be sent; nothing where a connection goes on."""
    return [PreviewBytes(bytes_of(params, variables, host, TOKEN, "$(key)"))] if params.connect is not None else []


def preview_http2(params: WebSocketParams, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The fields of the handshake as they will be sent over HTTP/2; nothing where a connection goes on."""
    if params.connect is None:
        return []
    pairs = over_http2.fields_of(outgoing(params, variables, "$(key)"), host, b"$(scheme)", TOKEN)
    return [PreviewBytes(field_lines(pairs), "HEADERS")]


# The fields of a handshake that only HTTP/1.1 has (RFC 8441, section 5).
_OF_UPGRADE = (b"Upgrade", b"Connection", b"Sec-WebSocket-Key")
# The actions and assertions of a script that a library performs as well, and the headers that it sets itself.
_PLAIN = frozenset({"send", "receive", "close", "ping", "closed", "pause", "mark", "await"})
_LIBRARYS = ("host", "connection", "upgrade", "sec-websocket-", "content-length", "transfer-encoding", "origin")


def not_by_library(params: WebSocketParams) -> str:
    """The reason why only the engine's own client can perform this, "" if a library can as well."""
    if params.connect is None:
        return "it goes on with a connection"
    if params.offer:
        return "it offers extensions"
    for name, _ in params.headers:
        if name.lower().startswith(_LIBRARYS) or "$(" in name:
            return f"it sets the header {name}"
    odd = _odd(params.script)
    return f"its script has `{odd}`" if odd else ""


def _odd(script: Sequence[Step]) -> str:
    """The first action or assertion of a script that no library performs, "" if there is none."""
    return next((step.step_type for step in script if step.step_type not in _PLAIN), "")


async def perform(params: WebSocketParams, ctx: Context) -> Observation | None:
    """Open a WebSocket, or continue a named one, and perform the script on it. One without a name is closed at the
    end. Returns the failure of a rule of HTTP/2 that the server violates on its stream. Raises StepFailed when an
    ``expect`` of the handshake or of the script does not hold."""
    if params.connect is None:
        connection = await ctx.connect(ctx.step.connection)
        session = session_of(connection)
        if isinstance(session, LibrarySession) and _odd(params.script):
            session.hand_over(connection)
        await ctx.run(params.script, connection)
        return over_http2.broken(connection)
    library: LibraryWebSocket | None = None
    if ctx.case.client == LIBRARY and not not_by_library(params):
        library = _library(params, ctx)
    facts, opened = await handshake(params, ctx, library)
    try:
        await ctx.look(ctx.step, facts)
        if opened is not None and facts.is_open:
            if library is not None:
                opened.codec = LibrarySession(library=library)
            else:
                opened.codec = WebSocketSession(inflater_for(facts.extensions or ()))
            await ctx.run(params.script, opened)
        return over_http2.broken(opened) if opened is not None else None
    finally:
        if opened is not None:
            if not opened.name and isinstance(opened.codec, WebSocketSession):
                opened.codec.leave(opened)
            ctx.release(opened)


def _library(params: WebSocketParams, ctx: Context) -> LibraryWebSocket | None:
    """The library's client; None, with a note, if it would change the target."""
    wanted = target(params.connect or "/", params.query, ctx.variables)
    library = LibraryWebSocket(
        f"ws://{ctx.live.host}{wanted}", [fill(name, ctx.variables) for name in params.subprotocols]
    )
    if library.target != wanted:
        ctx.note("own client", f"websockets would change the target {wanted}")
        return None
    return library


async def handshake(
    params: WebSocketParams, ctx: Context, library: LibraryWebSocket | None = None
) -> tuple[HandshakeFacts, Connection | None]:
    """Send the handshake (RFC 6455, 4.1), over HTTP/2 that of RFC 8441, or that of ``library`` if there is one. Returns
    the facts of the response, and the connection, None without one."""
    variables = ctx.variables
    key = base64.b64encode(os.urandom(16)).decode()
    subprotocols = [fill(name, variables) for name in params.subprotocols]
    offers = [fill(offer, variables) for offer in params.offer]
    headers = rendered(params.headers, variables)
    if library is None and speaks_http2(ctx):
        return await over_http2.handshake(outgoing(params, variables, key), ctx)
    if library is not None:
        key = library.key
        data = library.handshake([(ENGINE_HEADER, ctx.token().encode()), *headers])
    else:
        data = bytes_of(params, variables, ctx.live.host, ctx.token(), key)
    keys = [value.decode("latin-1") for name, value in headers if name.lower() == b"sec-websocket-key"]
    response = Response(sent_at=ctx.now())
    facts = HandshakeFacts(response, keys[0] if keys else key, subprotocols, offers, scripted=bool(params.script))
    connection = await converse(ctx, response, data)
    if library is not None and facts.is_open:
        facts.refused = library.answered(b"".join(response.wire))
    if connection is not None and "open" in ctx.step.checks.facts:
        response.open = await still_open(connection.channel, response)
    return facts, connection


def outgoing(params: WebSocketParams, variables: Mapping[str, object], key: str) -> over_http2.Outgoing:
    """The handshake over HTTP/2 with its values. Raises Unknown and ValueError where something cannot be rendered."""
    headers = rendered(params.headers, variables)
    subprotocols = [fill(name, variables) for name in params.subprotocols]
    offers = [fill(offer, variables) for offer in params.offer]
    asked = [pair for pair in _asking(headers, key, subprotocols, offers) if pair[0] not in _OF_UPGRADE]
    where = target(params.connect or "/", params.query, variables)
    return over_http2.Outgoing(where, headers, asked, subprotocols, offers, bool(params.script))


def _asking(headers: Sequence[Pair], key: str, subprotocols: Sequence[str], offers: Sequence[str]) -> list[Pair]:
    """The headers of a handshake that the case does not give itself (RFC 6455, section 4.1)."""
    wanted: list[Pair] = [
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Key", key.encode()),
        (b"Sec-WebSocket-Version", b"13"),
    ]
    if subprotocols:
        wanted.append((b"Sec-WebSocket-Protocol", ", ".join(subprotocols).encode()))
    if offers:
        wanted.append((b"Sec-WebSocket-Extensions", ", ".join(offers).encode()))
    given = {name.lower() for name, _ in headers}
    return [pair for pair in wanted if pair[0].lower() not in given]


STEP_TYPES = (
    StepType(
        name="websocket",
        http1=http1_only,
        awaits=lambda params: f"the response to the handshake for {params.connect}" if params.connect else "",
        groups=("step",),
        summary="Opens a WebSocket and performs a script on it, or goes on with one that has a name.",
        schema=mapping(
            {
                "connect": literal("text", "The path of the handshake; without it, a named connection goes on."),
                "query": literal("query", "The part after `?`: a mapping, which is encoded, or the exact text."),
                "headers": literal("headers", "Headers of the handshake; those of RFC 6455 are added where missing."),
                "subprotocols": {
                    "type": "array",
                    "items": literal("text", "A subprotocol's name."),
                    "description": "The subprotocols that are offered, in order.",
                },
                "offer": {
                    "type": "array",
                    "items": literal("text", "An extension with its parameters: permessage-deflate; x=1."),
                    "description": "The extensions that are offered, in order.",
                },
                "script": literal("script:websocket", "The actions and assertions, in order."),
            }
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.DIRECT}),
        inner=lambda params: [("", params.script)],
        includes=("stream", "flow"),
        endpoint=("connect", "websocket"),
        facts=HandshakeFacts.facts,
        compared=HandshakeFacts.compared,
        observes=True,
        within="waits",
        named=True,
        connects=True,
        needs=("websocket",),
        preview=preview,
        preview_http2=preview_http2,
        not_by_library=not_by_library,
        besides=("script",),
        lasts=0.1,
    ),
)
