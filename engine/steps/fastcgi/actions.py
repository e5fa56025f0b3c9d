"""Actions of a script on a FastCGI connection: ``begin``, ``abort``, ``record``, ``send``, ``write``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.variables import Variable, WrongValue, fill, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.fastcgi import (
    ABORT_REQUEST,
    BEGIN_REQUEST,
    KEEP_CONN,
    NAMES,
    ROLES,
    TYPES,
    begin_body,
    encode,
    encode_pairs,
)
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.fastcgi.session import emit, fits, id_of, session_of
from engine.steps.fastcgi.streams import CUT_AT, ID, LENGTHS
from engine.steps.shared.sending import Headers, rendered, send_pieces
from engine.steps.shared.values import flag, integer, scalar, seconds
from engine.steps.stream.actions import Bytes, cut, parse_bytes, preview

# The numbers of a record that a case may set, apart from its type and its content.
FIELDS = ("id", "version", "padding", "reserved", "claim_length", "claim_padding")


@dataclass(frozen=True)
class BeginAction:
    """``begin``: the request's id, the role by name or number, the flag, and all flags as a number in its place."""

    id: object = None
    role: object = "responder"
    keep_conn: object = False
    flags: object = None


@dataclass(frozen=True)
class Abort:
    """``abort``: the request's id, None for the current one."""

    id: object = None


@dataclass(frozen=True)
class RecordAction:
    """``record``: its type by name or number, its content as bytes or as name-value pairs, and those of FIELDS."""

    type: object
    content: ByteString
    pairs: Headers = ()
    lengths: object = "short"
    options: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Write:
    """``write``: actions whose bytes go out together, cut into pieces with a pause between them (seconds)."""

    script: tuple[Step, ...]
    piece: object = None
    cut_at: tuple[object, ...] = ()
    every: float | Variable = 0.001


# begin


def parse_begin(node: Node, reader: NodeReader) -> BeginAction:
    """The parameters of a valid node."""
    keys = {name: reader.value(found) for name in ("id", "role", "keep_conn", "flags") if (found := node.get(name))}
    role = keys.get("role")
    if isinstance(role, str) and role not in ROLES and "$(" not in role:
        reader.mistake(node, f"there is no role {role!r}", f"known: {', '.join(ROLES)}, or a number")
    if "keep_conn" in keys and "flags" in keys:
        reader.mistake(node, "`flags` holds every flag, `keep_conn` too", "leave one of them out")
    return BeginAction(**keys)


def begin_bytes(params: BeginAction, variables: Mapping[str, object]) -> tuple[int, bool, bytes]:
    """The request's id, whether it keeps the connection, and the record. Raises ValueError for what does not fit."""
    id = 1 if params.id is None else fits(integer(params.id, variables, "id"))
    flags = KEEP_CONN if flag(params.keep_conn, variables) else 0
    if params.flags is not None:
        flags = integer(params.flags, variables, "flags")
    body = begin_body(named(params.role, ROLES, variables, "role"), flags)
    return id, bool(flags & KEEP_CONN), encode(BEGIN_REQUEST, id, body)


def named(value: object, names: Mapping[str, int], variables: Mapping[str, object], what: str) -> int:
    """A number that may be written as a name. Raises ValueError where it is neither."""
    found = resolve(fill(value, variables) if isinstance(value, str) else value, variables)
    return names[found] if isinstance(found, str) and found in names else integer(found, {}, what)


def preview_begin(params: BeginAction, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The record's body, and in words what it says."""
    del host
    id, keeps, data = begin_bytes(params, variables)
    role = params.role if isinstance(params.role, str) else f"role {params.role}"
    return [PreviewBytes(data[8:], f"BEGIN_REQUEST {id}, {role}" + (", KEEP_CONN" if keeps else ""))]


async def perform_begin(params: BeginAction, ctx: Context) -> None:
    """Send BEGIN_REQUEST; actions without an id go on with this request."""
    session = session_of(ctx.connection)
    id, keeps, data = begin_bytes(params, ctx.variables)
    session.current = id
    session.bodies.pop(id, None)
    session.kept_open.discard(id)
    if keeps:
        session.kept_open.add(id)
    await emit(ctx, [data])


# abort, record


def parse_abort(node: Node, reader: NodeReader) -> Abort:
    """The parameters of a valid node."""
    id = node.get("id")
    return Abort(reader.value(id) if id else None)


async def perform_abort(params: Abort, ctx: Context) -> None:
    """Send ABORT_REQUEST."""
    session = session_of(ctx.connection)
    id = id_of(params.id, session, ctx.variables)
    await emit(ctx, [encode(ABORT_REQUEST, id)], session.body(id))


def type_of(node: Node, reader: NodeReader) -> object:
    """A record's type as a case writes it. An unknown name is noted as an error."""
    word = reader.value(node)
    if isinstance(word, str) and word not in TYPES and "$(" not in word:
        reader.mistake(node, f"there is no record type {word!r}", f"known: {', '.join(TYPES)}, or a number up to 255")
    return word


def parse_record(node: Node, reader: NodeReader) -> RecordAction:
    """The parameters of a valid node."""
    type, content, pairs, lengths = (node.get(key) for key in ("type", "content", "pairs", "lengths"))
    if content and pairs:
        reader.mistake(pairs, "a record's content is bytes or pairs, not both", "leave one of them out")
    options = []
    for name in FIELDS:
        found = node.get(name)
        if found is not None:
            sized = name in ("padding", "claim_length", "claim_padding")
            options.append((name, reader.size(found) if sized else reader.value(found)))
    return RecordAction(
        type_of(type, reader) if type else 0,
        reader.bytes(content) if content else ByteString(()),
        reader.headers(pairs) if pairs else (),
        reader.value(lengths) if lengths else "short",
        tuple(options),
    )


def record_bytes(params: RecordAction, variables: Mapping[str, object], current: int) -> tuple[int, bytes, bytes]:
    """A record's type, its content, and its bytes. Raises ValueError for a number that does not fit."""
    type = named(params.type, TYPES, variables, "type")
    content = params.content.render(variables)
    if params.pairs:
        content = encode_pairs(rendered(params.pairs, variables), long=params.lengths == "long")
    numbers = {name: integer(value, variables, name) for name, value in params.options}
    id = numbers.pop("id", current)
    return type, content, encode(type, id, content, **numbers)


def preview_record(params: RecordAction, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The record's content, and its other fields in words."""
    del host
    type, content, _ = record_bytes(params, variables, 1)
    words = [f"{NAMES.get(type, f'type {type}')}".upper() if type in NAMES else f"a record of type {type}"]
    words += [f"{name.replace('_', ' ')} {resolve(value, variables)}" for name, value in params.options]
    return [PreviewBytes(content, ", ".join(words))]


async def perform_record(params: RecordAction, ctx: Context) -> None:
    """Send one record, whatever rules it breaks."""
    session = session_of(ctx.connection)
    _, content, data = record_bytes(params, ctx.variables, session.current)
    await emit(ctx, [data], content)


async def perform_send(params: Bytes, ctx: Context) -> None:
    """Send bytes that are no record unless they look like one."""
    data = params.data.render(ctx.variables)
    await emit(ctx, [data], data)


# write


def parse_write(node: Node, reader: NodeReader) -> Write:
    """The parameters of a valid node."""
    script, piece, cut_at, every = (node.get(key) for key in ("script", "piece", "cut_at", "every"))
    return Write(
        reader.script(script, "fastcgi") if script else (),
        reader.size(piece) if piece else None,
        tuple(reader.value(offset) for offset in cut_at.items()) if cut_at else (),
        reader.time(every) if every else 0.001,
    )


async def perform_write(params: Write, ctx: Context) -> None:
    """Send the bytes of the actions inside in one write, or in pieces that do not care where a record ends."""
    variables = ctx.variables
    connection = ctx.connection
    session = session_of(connection)
    if session.packed is not None:
        raise WrongValue("a `write` stands inside a `write`")
    session.packed = bytearray()
    try:
        await ctx.run(params.script)
        data = bytes(session.packed)
    finally:
        session.packed = None
    piece = None if params.piece is None else max(1, integer(params.piece, variables, "piece"))
    offsets = tuple(integer(at, variables, "cut_at") for at in params.cut_at)
    every, sent = seconds(params.every, variables), connection.sent
    await send_pieces(ctx, connection, cut(data, piece, offsets), sent, every=every)


STEP_TYPES = (
    StepType(
        name="begin",
        groups=("fastcgi",),
        summary="Begins a request.",
        schema=mapping(
            {
                "id": scalar("integer", description="The request's id; 1 by default.", minimum=0, maximum=65535),
                "role": scalar("integer", "string", description="responder (default), authorizer, filter; a number."),
                "keep_conn": scalar("boolean", description="Ask the server to keep the connection; false by default."),
                "flags": scalar("integer", description="All flags as a number.", minimum=0, maximum=255),
            }
        ),
        parse=parse_begin,
        perform=perform_begin,
        preview=preview_begin,
    ),
    StepType(
        name="abort",
        groups=("fastcgi",),
        summary="Aborts the request.",
        schema=mapping({"id": ID}),
        parse=parse_abort,
        perform=perform_abort,
    ),
    StepType(
        name="record",
        groups=("fastcgi",),
        summary="Sends one record, whatever rules it breaks.",
        schema=mapping(
            {
                "type": scalar("integer", "string", description="A name (begin_request, stdin, ...), or a number."),
                "id": ID,
                "content": literal("bytes", "The content."),
                "pairs": literal("headers", "The content as name-value pairs."),
                "lengths": LENGTHS,
                "padding": literal("size", "The number of padding bytes; none by default."),
                "claim_length": literal("size", "Write this length in place of the content's."),
                "claim_padding": literal("size", "Write this length in place of the padding's."),
                "version": scalar("integer", description="The version; 1 by default.", minimum=0, maximum=255),
                "reserved": scalar("integer", description="The reserved byte; 0 by default.", minimum=0, maximum=255),
            },
            required=("type",),
        ),
        parse=parse_record,
        perform=perform_record,
        preview=preview_record,
    ),
    StepType(
        name="send",
        groups=("fastcgi",),
        summary="Sends raw bytes, which are no record unless they look like one.",
        schema=literal("bytes", "The exact bytes to send."),
        parse=parse_bytes,
        perform=perform_send,
        preview=preview,
    ),
    StepType(
        name="write",
        groups=("fastcgi",),
        summary="Sends the bytes of the actions inside in one write, or in pieces cut anywhere.",
        schema=mapping(
            {
                "script": literal("script:fastcgi", "Acts that send."),
                "piece": literal("size", "The size of a piece; all between two cuts by default."),
                "cut_at": {**CUT_AT, "description": "Offsets in all bytes at which a new piece begins."},
                "every": literal(
                    "time",
                    "From one piece to the next; 1 ms by default. A late piece goes out at once.",
                ),
            },
            required=("script",),
        ),
        parse=parse_write,
        perform=perform_write,
        inner=lambda params: [("", params.script)],
    ),
)
