"""The streams that a script sends on a FastCGI connection: ``params``, ``stdin``, ``data``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.quantities import show_size
from engine.model.variables import resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.fastcgi import DATA, NAMES, PARAMS, STDIN, encode_pairs, stream
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.fastcgi.params import completed
from engine.steps.fastcgi.session import emit, id_of, session_of
from engine.steps.shared.sending import TOKEN, Headers, rendered
from engine.steps.shared.values import flag, integer, scalar
from engine.steps.stream.actions import cut


@dataclass(frozen=True)
class Cuts:
    """The division of a stream's content into records: offsets, the longest content of a record in bytes, its padding,
    and the empty record that ends the stream. ``id`` is the request's, None for the current one."""

    id: object = None
    cut_at: tuple[object, ...] = ()
    piece: object = None
    padding: object = 0
    end: object = True


@dataclass(frozen=True)
class Values:
    """``params``: name-value pairs, how their lengths are written, and which defaults are added."""

    values: Headers = ()
    lengths: object = "short"
    defaults: object = True
    without: tuple[str, ...] = ()
    cuts: Cuts = Cuts()


@dataclass(frozen=True)
class Content:
    """``stdin`` and ``data``: a stream's type and its content."""

    type: int
    data: ByteString
    cuts: Cuts = Cuts()


def _cuts(node: Node, reader: NodeReader) -> Cuts:
    keys = {name: reader.value(found) for name in ("id", "end") if (found := node.get(name))}
    cut_at, piece, padding = (node.get(key) for key in ("cut_at", "piece", "padding"))
    offsets = tuple(reader.value(offset) for offset in cut_at.items()) if cut_at else ()
    return Cuts(
        cut_at=offsets,
        piece=reader.size(piece) if piece else None,
        padding=reader.size(padding) if padding else 0,
        **keys,
    )


def stream_records(type: int, id: int, data: bytes, cuts: Cuts, variables: Mapping[str, object]) -> list[bytes]:
    """A stream's records. Raises ValueError for a number that does not fit."""
    piece = None if cuts.piece is None else max(1, integer(cuts.piece, variables, "piece"))
    offsets = tuple(integer(at, variables, "cut_at") for at in cuts.cut_at)
    padding = integer(cuts.padding, variables, "padding")
    return stream(type, id, cut(data, piece, offsets), end=flag(cuts.end, variables), padding=padding)


def _line(type: int, cuts: Cuts, records: list[bytes], variables: Mapping[str, object]) -> str:
    """A stream in words, for what the bytes do not show."""
    ends = flag(cuts.end, variables)
    full = len(records) - ends
    words = [NAMES[type].upper() + ("" if cuts.id is None else f" {resolve(cuts.id, variables)}")]
    words.append("empty" if not full else "1 record" if full == 1 else f"{full} records")
    if cuts.cut_at:
        words.append(f"cut at {' and '.join(str(resolve(at, variables)) for at in cuts.cut_at)}")
    if cuts.padding:
        words.append(f"{show_size(integer(cuts.padding, variables, 'padding'))} of padding in each")
    return ", ".join(words) + (", then the one that ends it" if ends else ", not ended")


def parse_values(node: Node, reader: NodeReader) -> Values:
    """The parameters of a valid node."""
    values, without = node.get("values"), node.get("without")
    keys = {name: reader.value(found) for name in ("lengths", "defaults") if (found := node.get(name))}
    return Values(
        reader.headers(values) if values else (),
        without=tuple(str(one.value) for one in without.items()) if without else (),
        cuts=_cuts(node, reader),
        **keys,
    )


def preview_values(params: Values, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The pairs as lines, and in words how they go out."""
    pairs = _pairs(params, variables, host, ("127.0.0.1", "$(port)"), TOKEN)
    data = encode_pairs(pairs, long=params.lengths == "long")
    records = stream_records(PARAMS, 1, data, params.cuts, variables)
    line = _line(PARAMS, params.cuts, records, variables)
    lines = b"".join(b"%s=%s\n" % pair for pair in pairs)
    return [PreviewBytes(lines, line + (", lengths in four bytes" if params.lengths == "long" else ""))]


def _pairs(
    params: Values, variables: Mapping[str, object], host: str, peer: tuple[str, object], token: str
) -> list[tuple[bytes, bytes]]:
    return completed(
        rendered(params.values, variables),
        host=host,
        peer=peer,
        token=token,
        defaults=flag(params.defaults, variables),
        without=params.without,
    )


async def perform_values(params: Values, ctx: Context) -> None:
    """Send the parameters, with the engine's own by which the call is known."""
    variables = ctx.variables
    id = id_of(params.cuts.id, session_of(ctx.connection), variables)
    pairs = _pairs(params, variables, ctx.live.host, ctx.connection.channel.local, ctx.token())
    data = encode_pairs(pairs, long=params.lengths == "long")
    await emit(ctx, stream_records(PARAMS, id, data, params.cuts, variables))


def parse_stdin(node: Node, reader: NodeReader) -> Content:
    """The parameters of a valid node."""
    return _content(STDIN, node, reader)


def parse_data(node: Node, reader: NodeReader) -> Content:
    """The parameters of a valid node."""
    return _content(DATA, node, reader)


def _content(type: int, node: Node, reader: NodeReader) -> Content:
    if not isinstance(node.value, dict):
        return Content(type, reader.bytes(node))
    data = node.get("bytes")
    return Content(type, reader.bytes(data) if data else ByteString(()), _cuts(node, reader))


def preview_content(params: Content, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The content, and in words how it goes out."""
    del host
    data = params.data.render(variables)
    records = stream_records(params.type, 1, data, params.cuts, variables)
    return [PreviewBytes(data, _line(params.type, params.cuts, records, variables))]


async def perform_content(params: Content, ctx: Context) -> None:
    """Send a stream's content, or a part of it."""
    variables = ctx.variables
    session = session_of(ctx.connection)
    id = id_of(params.cuts.id, session, variables)
    data = params.data.render(variables)
    if params.type == STDIN:
        session.bodies.setdefault(id, bytearray()).extend(data)
    await emit(ctx, stream_records(params.type, id, data, params.cuts, variables), session.body(id))


ID = scalar("integer", description="The request's id; that of the last `begin` by default.", minimum=0, maximum=65535)
LENGTHS: Schema = {
    "type": "string",
    "enum": ["short", "long"],
    "description": "The encoding of the pairs' lengths: as short as possible (default), or always four bytes.",
}
CUT_AT: Schema = {"type": "array", "items": literal("count", "An offset from the first byte.")}
_CUTS: Mapping[str, Schema] = {
    "id": ID,
    "cut_at": {**CUT_AT, "description": "Offsets in the stream's content at which a new record begins."},
    "piece": literal("size", "The longest content of a record; 65535 bytes by default."),
    "padding": literal("size", "Bytes of padding in each record that is not empty; none by default."),
    "end": scalar("boolean", description="Send the empty record that ends the stream; true by default."),
}


def _stream(name: str, what: str) -> Schema:
    schema = mapping({"bytes": literal("bytes", what), **_CUTS})
    return {**schema, "type": ["object", "string"], "title": f"text, or a mapping with the content of {name}"}


STEP_TYPES = (
    StepType(
        name="params",
        groups=("fastcgi",),
        summary="Sends the request's parameters; those that a web server would give are added where missing.",
        schema=mapping(
            {
                "values": literal("headers", "Parameters by their names, in order."),
                "lengths": LENGTHS,
                "defaults": scalar("boolean", description="Add missing ones; true by default."),
                "without": {
                    "type": "array",
                    "items": literal("word", "A parameter's name."),
                    "description": "Parameters that are not added where they are missing.",
                },
                **_CUTS,
            }
        ),
        parse=parse_values,
        perform=perform_values,
        preview=preview_values,
    ),
    StepType(
        name="stdin",
        groups=("fastcgi",),
        summary="Sends the request's body, or a part of it.",
        schema=_stream("STDIN", "The body."),
        parse=parse_stdin,
        perform=perform_content,
        preview=preview_content,
    ),
    StepType(
        name="data",
        groups=("fastcgi",),
        summary="Sends the file of a filter's request, or a part of it.",
        schema=_stream("DATA", "The file."),
        parse=parse_data,
        perform=perform_content,
        preview=preview_content,
    ),
)
