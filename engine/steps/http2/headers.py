"""The action ``headers`` of a script on HTTP/2: a field section, in HEADERS and CONTINUATION frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.model.nodes import Node
from engine.model.variables import WrongValue
from engine.protocols.http2.fields import PLAIN, REPRESENTATIONS, Field, FieldEncoder, Pair
from engine.protocols.http2.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    WITH_PRIORITY,
    encode,
    padded,
    priority_fields,
)
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes, field_lines
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http2.session import Request, emit, session_of, stream_of
from engine.steps.http2.shared import STREAM
from engine.steps.shared.sending import ENGINE_HEADER, TOKEN, Headers, rendered
from engine.steps.shared.values import flag, integer, scalar, text

_PSEUDO = (":method", ":scheme", ":authority", ":path")
_FLAGS = {
    "end_stream": "Set END_STREAM: no DATA follows; true by default.",
    "end_headers": "Set END_HEADERS on the last frame; true by default.",
    "defaults": "Add the pseudo-header fields that `headers` lacks; true by default.",
    "call": "Add the field by which the application's call is found, as a never-indexed literal; true by default.",
    "huffman": "Write texts in the Huffman code; false by default.",
}


@dataclass(frozen=True)
class Priority:
    """The priority fields: the stream that this one depends on, the weight from 1 to 256, and the flag."""

    depends_on: object = 0
    weight: object = 16
    exclusive: object = False


@dataclass(frozen=True)
class HeadersAction:
    """The parameters of ``headers``. ``flags`` are those of _FLAGS that are given, ``representations`` the
    representation of fields by name."""

    stream: object = None
    method: object = "GET"
    path: object = "/"
    scheme: object = None
    authority: object = None
    headers: Headers = ()
    without: tuple[str, ...] = ()
    flags: tuple[tuple[str, object], ...] = ()
    representation: object = PLAIN
    representations: tuple[tuple[str, object], ...] = ()
    table_sizes: tuple[object, ...] = ()
    padding: object = None
    claim_padding: object = None
    priority: Priority | None = None
    cut_at: tuple[object, ...] = ()

    def on(self, name: str, variables: Mapping[str, object]) -> bool:
        """The value of a flag."""
        return flag(dict(self.flags).get(name, name != "huffman"), variables)


def parse(node: Node, reader: NodeReader) -> HeadersAction:
    """The parameters of a valid node."""
    keys = {
        name: reader.value(found)
        for name in ("stream", "method", "path", "scheme", "authority", "representation")
        if (found := node.get(name))
    }
    headers, without, priority, cut_at, sizes, several = (
        node.get(key) for key in ("headers", "without", "priority", "cut_at", "table_sizes", "representations")
    )
    for one in (node.get("representation"), *(value for _, value in (several.entries() if several else ()))):
        word = one.value if one is not None else None
        if one is not None and isinstance(word, str) and word not in REPRESENTATIONS and "$(" not in word:
            reader.mistake(one, f"there is no representation {word!r}", f"known: {', '.join(REPRESENTATIONS)}")
    return HeadersAction(
        headers=reader.headers(headers) if headers else (),
        without=tuple(str(one.value) for one in without.items()) if without else (),
        flags=tuple((name, reader.value(found)) for name in _FLAGS if (found := node.get(name))),
        representations=tuple((name, reader.value(one)) for name, one in several.entries()) if several else (),
        table_sizes=tuple(reader.value(one) for one in sizes.items()) if sizes else (),
        padding=reader.size(found) if (found := node.get("padding")) else None,
        claim_padding=reader.size(found) if (found := node.get("claim_padding")) else None,
        priority=parse_priority(priority, reader) if priority else None,
        cut_at=tuple(reader.value(one) for one in cut_at.items()) if cut_at else (),
        **keys,
    )


def parse_priority(node: Node, reader: NodeReader) -> Priority:
    """The priority fields of a valid node."""
    names = ("depends_on", "weight", "exclusive")
    return Priority(**{name: reader.value(found) for name in names if (found := node.get(name))})


def priority_bytes(params: Priority, variables: Mapping[str, object]) -> bytes:
    """The five bytes of the priority fields. Raises WrongValue."""
    return priority_fields(
        integer(params.depends_on, variables, "depends_on"),
        integer(params.weight, variables, "weight"),
        exclusive=flag(params.exclusive, variables),
    )


def pairs_of(
    params: HeadersAction, variables: Mapping[str, object], host: str, scheme: str, token: str
) -> list[tuple[Pair, bool]]:
    """The fields in order, and whether each is the engine's own. Raises Unknown and ValueError as rendering does."""
    given = rendered(params.headers, variables)
    names = {name for name, _ in given}
    values = {
        ":method": text(params.method, variables),
        ":scheme": scheme if params.scheme is None else text(params.scheme, variables),
        ":authority": host if params.authority is None else text(params.authority, variables),
        ":path": text(params.path, variables),
    }
    found: list[tuple[Pair, bool]] = []
    if params.on("defaults", variables):
        found += [
            ((name.encode(), values[name].encode()), False)
            for name in _PSEUDO
            if name.encode() not in names and name not in params.without
        ]
    found += [(pair, False) for pair in given]
    if params.on("call", variables):
        found.append(((ENGINE_HEADER, token.encode()), True))
    return found


def section(
    params: HeadersAction,
    pairs: Sequence[tuple[Pair, bool]],
    encoder: FieldEncoder,
    variables: Mapping[str, object],
    sizes: Sequence[int] = (),
) -> bytes:
    """The bytes of the field section. Raises WrongValue."""
    huffman = params.on("huffman", variables)
    usual = text(params.representation, variables)
    of_name = {name.encode(): text(word, variables) for name, word in params.representations}
    fields = []
    for (name, value), own in pairs:
        word = "never" if own else of_name.get(name, usual)
        if word not in REPRESENTATIONS:
            raise WrongValue(f"representation is {word!r}, and should be one of {', '.join(REPRESENTATIONS)}")
        fields.append(Field(name, value, word, huffman))
    stated = [integer(one, variables, "table_sizes") for one in params.table_sizes]
    return encoder.section(fields, stated or sizes)


def frames(params: HeadersAction, stream: int, block: bytes, variables: Mapping[str, object]) -> list[bytes]:
    """The frames of a field section: HEADERS, and a CONTINUATION for each offset at which it is cut. Raises
    WrongValue."""
    edges = sorted({0, len(block), *(integer(at, variables, "cut_at") for at in params.cut_at)})
    parts = [block[start:end] for start, end in pairwise(edges)] or [b""]
    flags = END_STREAM if params.on("end_stream", variables) else 0
    first = parts[0]
    if params.priority is not None:
        flags |= WITH_PRIORITY
        first = priority_bytes(params.priority, variables) + first
    numbers = [
        None if value is None else integer(value, variables, name)
        for name, value in (("padding", params.padding), ("claim_padding", params.claim_padding))
    ]
    first, bit = padded(first, *numbers)
    ends = END_HEADERS if params.on("end_headers", variables) else 0
    found = [encode(HEADERS, flags | bit | (ends if len(parts) == 1 else 0), stream, first)]
    for number, part in enumerate(parts[1:], 2):
        found.append(encode(CONTINUATION, ends if number == len(parts) else 0, stream, part))
    return found


def preview(params: HeadersAction, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The fields as lines."""
    pairs = pairs_of(params, variables, host, "http", TOKEN)
    lines = field_lines([pair for pair, _ in pairs])
    count = len(frames(params, 1, section(params, pairs, FieldEncoder(), variables), variables))
    words = "HEADERS" if count == 1 else f"HEADERS and {count - 1} CONTINUATION"
    end = ", END_STREAM" if params.on("end_stream", variables) else ""
    return [PreviewBytes(lines, words + end)]


async def perform(params: HeadersAction, ctx: Context) -> None:
    """Send the fields on a stream, by default on a new one, which later actions mean then."""
    variables, session = ctx.variables, session_of(ctx.connection)
    stream = session.next_stream() if params.stream is None else stream_of(params.stream, session, variables)
    scheme = "http" if ctx.connection.tls_options is None else "https"
    pairs = pairs_of(params, variables, ctx.live.host, scheme, ctx.token() if params.on("call", variables) else "")
    sizes, session.client.table_sizes = session.client.table_sizes, []
    block = section(params, pairs, session.client.encoder, variables, sizes)
    session.current = stream
    if stream and stream not in session.requests:
        method = next((value for (name, value), _ in pairs if name == b":method"), b"GET")
        session.requests[stream] = Request(method.decode("latin-1"))
        session.client.opened(stream)
    shown = [pair for pair, own in pairs if not own]
    await emit(ctx, frames(params, stream, block, variables), b"", shown)


PRIORITY_SCHEMA = {
    "stream": scalar("integer", description="The stream.", minimum=0),
    "depends_on": scalar("integer", description="The stream that this one depends on; 0 by default.", minimum=0),
    "weight": scalar("integer", description="The weight, 1 to 256; 16 by default.", minimum=1, maximum=256),
    "exclusive": scalar("boolean", description="The exclusive flag; false by default."),
}

STEP_TYPES = (
    StepType(
        name="headers",
        groups=("http2",),
        summary="Sends a field section on a new stream, or on a given one.",
        schema=mapping(
            {
                "stream": {**STREAM, "description": "The stream; the next new one by default."},
                "method": literal("text", ":method; GET by default."),
                "path": literal("text", ":path; / by default."),
                "scheme": literal("text", ":scheme; that of the connection by default."),
                "authority": literal("text", ":authority; the server's address by default."),
                "headers": literal("headers", "Fields in order; a pseudo-header field among them has its place here."),
                "without": {
                    "type": "array",
                    "items": {"type": "string", "enum": list(_PSEUDO), "description": "Its name."},
                    "description": "Pseudo-header fields that are not added.",
                },
                **{name: scalar("boolean", description=what) for name, what in _FLAGS.items()},
                "representation": literal("text", "Of each field: plain (default), incremental, never, or indexed."),
                "representations": {
                    "type": "object",
                    "additionalProperties": literal("text", "The representation of this field."),
                    "description": "The representation of single fields, by name.",
                },
                "table_sizes": {
                    "type": "array",
                    "items": literal("count", "A size in bytes."),
                    "description": "Updates of the size of the table, before the first field.",
                },
                "padding": literal("size", "Add so many bytes of padding."),
                "claim_padding": literal("size", "State this length of the padding in place of its own."),
                "priority": mapping(
                    {name: one for name, one in PRIORITY_SCHEMA.items() if name != "stream"},
                    description="The priority fields.",
                ),
                "cut_at": {
                    "type": "array",
                    "items": literal("count", "An offset in the field section."),
                    "description": "Offsets at which a CONTINUATION frame begins.",
                },
            }
        ),
        parse=parse,
        perform=perform,
        preview=preview,
    ),
)
