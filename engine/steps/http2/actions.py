"""Actions of a script on HTTP/2: ``preface``, ``settings``, ``data``, ``reset``, ``window``, ``ping``, ``goaway``,
``priority`` and ``frame``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.variables import WrongValue, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.http2.connection import StreamState
from engine.protocols.http2.frames import (
    ACK,
    DATA,
    END_STREAM,
    ERRORS,
    FLAGS,
    GOAWAY,
    PING,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    TYPES,
    WINDOW_UPDATE,
    encode,
    goaway_payload,
    padded,
    settings_payload,
)
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http2.headers import PRIORITY_SCHEMA, Priority, parse_priority, priority_bytes
from engine.steps.http2.session import emit, frames_of, session_of, stream_of
from engine.steps.http2.settings import SETTINGS_SCHEMA, SettingValues, parse_settings_values, setting_numbers
from engine.steps.http2.shared import STREAM
from engine.steps.http2.step import preface
from engine.steps.shared.values import flag, integer, scalar

_EMPTY = ByteString(())


def number_of(value: object, names: Mapping[str, int], variables: Mapping[str, object], what: str) -> int:
    """A number that may be written as a name. Raises WrongValue if it is neither."""
    found = resolve(value, variables)
    return names[found] if isinstance(found, str) and found in names else integer(found, {}, what)


def named_value(node: Node, names: Mapping[str, int], reader: NodeReader, what: str) -> object:
    """A name or a number. An unknown name is noted as an error."""
    word = reader.value(node)
    if isinstance(word, str) and word not in names and "$(" not in word:
        reader.mistake(node, f"there is no {what} {word!r}", f"known: {', '.join(names)}, or a number")
    return word


# preface, settings


@dataclass(frozen=True)
class Settings:
    """Settings to send, or an acknowledgement of the server's."""

    values: SettingValues = ()
    ack: object = False


def parse_settings(node: Node, reader: NodeReader) -> Settings:
    """The parameters of a valid node."""
    values, ack = node.get("values"), node.get("ack")
    return Settings(
        parse_settings_values(values, reader) if values else (), reader.value(ack) if ack else False
    )  # fmt: skip


async def perform_preface(params: Settings, ctx: Context) -> None:
    """Send the preface, with these settings."""
    settings = setting_numbers(params.values, ctx.variables)
    session_of(ctx.connection).client.announce(settings)
    await emit(ctx, preface(settings), b"")


async def perform_settings(params: Settings, ctx: Context) -> None:
    """Send SETTINGS."""
    settings = setting_numbers(params.values, ctx.variables)
    session_of(ctx.connection).client.announce(settings)
    flags = ACK if flag(params.ack, ctx.variables) else 0
    await emit(ctx, [encode(SETTINGS, flags, 0, settings_payload(settings.items()))], b"")


# data


@dataclass(frozen=True)
class Data:
    """The content, and its frames: the longest in bytes, their padding, the end of the stream, and whether the windows
    of the server are kept."""

    data: ByteString = _EMPTY
    stream: object = None
    end_stream: object = True
    piece: object = None
    padding: object = None
    claim_padding: object = None
    windows: object = True


def parse_data(node: Node, reader: NodeReader) -> Data:
    """The parameters of a valid node."""
    if not isinstance(node.value, dict) or "var" in node:
        return Data(reader.bytes(node))
    keys = {name: reader.value(found) for name in ("stream", "end_stream", "windows") if (found := node.get(name))}
    sizes = {name: reader.size(found) for name in ("piece", "padding", "claim_padding") if (found := node.get(name))}
    data = node.get("bytes")
    return Data(reader.bytes(data) if data else ByteString(()), **keys, **sizes)


def preview_data(params: Data, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The content, and in words how it ends."""
    del host
    return [PreviewBytes(params.data.render(variables), "DATA" + (", END_STREAM" if params.end_stream is True else ""))]


async def perform_data(params: Data, ctx: Context) -> None:
    """Send the content of a stream, in frames as long as the server takes them. Between two frames it waits for the
    windows of the server; the rest is not sent once the server has ended the stream or the connection."""
    variables, session = ctx.variables, session_of(ctx.connection)
    client = session.client
    stream = stream_of(params.stream, session, variables)
    data = params.data.render(variables)
    keeps, ends = flag(params.windows, variables), flag(params.end_stream, variables)
    piece = client.longest if params.piece is None else max(1, integer(params.piece, variables, "piece"))
    numbers = [
        None if value is None else integer(value, variables, name)
        for name, value in (("padding", params.padding), ("claim_padding", params.claim_padding))
    ]
    extra = len(padded(b"", *numbers)[0])
    at = 0
    while True:
        size = min(piece, len(data) - at)
        if keeps and size + extra:
            room = await session.until(lambda: _room(client.streams.get(stream), client.credit(stream), extra))
            if room is None or room < 0:
                ctx.note("not sent", f"the last {len(data) - at} B of stream {stream}", subject=ctx.connection.name)
                return
            size = min(size, room)
        last = at + size >= len(data)
        payload, bit = padded(data[at : at + size], *numbers)
        client.sent(stream, len(payload))
        at += size
        if stream in session.requests:
            session.requests[stream].body += data[at - size : at]
        sent = session.requests[stream].body if stream in session.requests else data
        if not await emit(ctx, [encode(DATA, bit | (END_STREAM if last and ends else 0), stream, payload)], sent):
            return
        if last:
            return


def _room(state: StreamState | None, credit: int, extra: int) -> int | None:
    """The bytes of content that fit into the windows; -1 if the server has ended the stream, None if none fit yet."""
    if state is not None and state.reset:
        return -1
    return credit - extra if credit - extra > 0 else None


# reset, window, ping, goaway, priority


@dataclass(frozen=True)
class ResetAction:
    """The stream, and the error code by name or number."""

    code: object = "CANCEL"
    stream: object = None


def parse_reset(node: Node, reader: NodeReader) -> ResetAction:
    """The parameters of a valid node."""
    code, stream = node.get("code"), node.get("stream")
    return ResetAction(
        named_value(code, ERRORS, reader, "error code") if code else "CANCEL", reader.value(stream) if stream else None
    )


async def perform_reset(params: ResetAction, ctx: Context) -> None:
    """Send RST_STREAM."""
    stream = stream_of(params.stream, session_of(ctx.connection), ctx.variables)
    code = number_of(params.code, ERRORS, ctx.variables, "code")
    await emit(ctx, [encode(RST_STREAM, 0, stream, code.to_bytes(4, "big"))], b"")


@dataclass(frozen=True)
class Window:
    """The stream, 0 for the connection, and the increment in bytes."""

    increment: object
    stream: object = 0


def parse_window(node: Node, reader: NodeReader) -> Window:
    """The parameters of a valid node."""
    increment, stream = node.get("increment"), node.get("stream")
    return Window(reader.size(increment) if increment else 0, reader.value(stream) if stream else 0)


async def perform_window(params: Window, ctx: Context) -> None:
    """Send WINDOW_UPDATE."""
    session = session_of(ctx.connection)
    stream = stream_of(params.stream, session, ctx.variables)
    increment = integer(params.increment, ctx.variables, "increment")
    if not 0 <= increment < 2**32:
        raise WrongValue(f"increment is {increment}, and has 32 bits")
    session.client.credited(stream, increment)
    await emit(ctx, [encode(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))], b"")


@dataclass(frozen=True)
class PingAction:
    """The opaque data: 8 bytes, unless a case sends another length."""

    data: ByteString


def parse_ping(node: Node, reader: NodeReader) -> PingAction:
    """The parameters of a valid node."""
    return PingAction(reader.bytes(node))


async def perform_ping(params: PingAction, ctx: Context) -> None:
    """Send PING."""
    data = params.data.render(ctx.variables)
    await emit(ctx, [encode(PING, 0, 0, data)], data)


@dataclass(frozen=True)
class GoawayAction:
    """The last stream, the error code and the text."""

    last_stream: object = 0
    code: object = "NO_ERROR"
    text: ByteString = _EMPTY


def parse_goaway(node: Node, reader: NodeReader) -> GoawayAction:
    """The parameters of a valid node."""
    last, code, text = node.get("last_stream"), node.get("code"), node.get("text")
    return GoawayAction(
        reader.value(last) if last else 0,
        named_value(code, ERRORS, reader, "error code") if code else "NO_ERROR",
        reader.bytes(text) if text else ByteString(()),
    )


async def perform_goaway(params: GoawayAction, ctx: Context) -> None:
    """Send GOAWAY."""
    last = integer(params.last_stream, ctx.variables, "last_stream")
    code = number_of(params.code, ERRORS, ctx.variables, "code")
    await emit(ctx, [encode(GOAWAY, 0, 0, goaway_payload(last, code, params.text.render(ctx.variables)))], b"")


@dataclass(frozen=True)
class PriorityAction:
    """The stream, and its priority fields."""

    stream: object
    priority: Priority


def parse_priority_action(node: Node, reader: NodeReader) -> PriorityAction:
    """The parameters of a valid node."""
    stream = node.get("stream")
    return PriorityAction(reader.value(stream) if stream else None, parse_priority(node, reader))


async def perform_priority(params: PriorityAction, ctx: Context) -> None:
    """Send PRIORITY."""
    stream = stream_of(params.stream, session_of(ctx.connection), ctx.variables)
    await emit(ctx, [encode(PRIORITY, 0, stream, priority_bytes(params.priority, ctx.variables))], b"")


# frame


@dataclass(frozen=True)
class FrameAction:
    """A frame of any kind: ``flags`` are names or a number, ``claim_length`` is written as its length."""

    type: object
    flags: object = 0
    stream: object = 0
    payload: ByteString = _EMPTY
    claim_length: object = None
    reserved: object = False


def parse_frame(node: Node, reader: NodeReader) -> FrameAction:
    """The parameters of a valid node."""
    type, flags, payload, claim = (node.get(key) for key in ("type", "flags", "payload", "claim_length"))
    keys = {name: reader.value(found) for name in ("stream", "reserved") if (found := node.get(name))}
    several: object = 0
    if flags is not None:
        listed = isinstance(flags.value, list)
        several = (
            tuple(named_value(one, FLAGS, reader, "flag") for one in flags.items()) if listed else reader.value(flags)
        )
    return FrameAction(
        named_value(type, TYPES, reader, "frame type") if type else 0,
        several,
        payload=reader.bytes(payload) if payload else ByteString(()),
        claim_length=reader.size(claim) if claim else None,
        **keys,
    )


def frame_bytes(params: FrameAction, stream: int, variables: Mapping[str, object]) -> bytes:
    """The bytes of the frame. Raises WrongValue for a number that does not fit."""
    flags = 0
    for one in params.flags if isinstance(params.flags, tuple) else (params.flags,):
        flags |= number_of(one, FLAGS, variables, "flags")
    claim = None if params.claim_length is None else integer(params.claim_length, variables, "claim_length")
    return encode(
        number_of(params.type, TYPES, variables, "type"),
        flags,
        stream,
        params.payload.render(variables),
        reserved=flag(params.reserved, variables),
        claim_length=claim,
    )


def preview_frame(params: FrameAction, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The bytes of the frame."""
    del host
    stream = integer(params.stream, variables, "stream")
    return [PreviewBytes(frame_bytes(params, stream, variables), f"{params.type} on stream {stream}")]


async def perform_frame(params: FrameAction, ctx: Context) -> None:
    """Send one frame, whatever rules it breaks."""
    session = session_of(ctx.connection)
    stream = stream_of(params.stream, session, ctx.variables)
    if stream:
        session.client.opened(stream)
    data = frame_bytes(params, stream, ctx.variables)
    for one in frames_of(data):
        # DATA counts for the windows whatever action sends it, or later content would go beyond them.
        if one.type == DATA and one.stream:
            session.client.sent(one.stream, len(one.payload))
    await emit(ctx, [data], data)


CODE = scalar("integer", "string", description="The error code: a name, or a number.")

STEP_TYPES = (
    StepType(
        name="preface",
        groups=("http2",),
        summary="Sends the preface, where the step has `preface: false`.",
        schema=mapping({"values": SETTINGS_SCHEMA}),
        parse=parse_settings,
        perform=perform_preface,
    ),
    StepType(
        name="settings",
        groups=("http2",),
        summary="Sends SETTINGS.",
        schema=mapping(
            {
                "values": SETTINGS_SCHEMA,
                "ack": scalar("boolean", description="Set ACK; false by default."),
            }
        ),
        parse=parse_settings,
        perform=perform_settings,
    ),
    StepType(
        name="data",
        groups=("http2",),
        summary="Sends the content of a stream, within the windows of the server.",
        schema={
            **mapping(
                {
                    "bytes": literal("bytes", "The content."),
                    "stream": STREAM,
                    "end_stream": scalar("boolean", description="Set END_STREAM on the last frame; true by default."),
                    "piece": literal("size", "The longest content of a frame; what the server takes by default."),
                    "padding": literal("size", "Bytes of padding in each frame."),
                    "claim_padding": literal("size", "State this length of the padding in place of its own."),
                    "windows": scalar("boolean", description="Keep the windows of the server; true by default."),
                }
            ),
            "type": ["object", "string"],
            "title": "text, or a mapping with the content",
        },
        parse=parse_data,
        perform=perform_data,
        preview=preview_data,
    ),
    StepType(
        name="reset",
        groups=("http2",),
        summary="Sends RST_STREAM.",
        schema=mapping({"stream": STREAM, "code": CODE}),
        parse=parse_reset,
        perform=perform_reset,
    ),
    StepType(
        name="window",
        groups=("http2",),
        summary="Sends WINDOW_UPDATE.",
        schema=mapping(
            {
                "stream": scalar("integer", description="The stream; 0, the connection, by default.", minimum=0),
                "increment": literal("size", "The increment."),
            },
            required=("increment",),
        ),
        parse=parse_window,
        perform=perform_window,
    ),
    StepType(
        name="ping",
        groups=("http2",),
        summary="Sends PING.",
        schema=literal("bytes", "The opaque data, 8 bytes."),
        parse=parse_ping,
        perform=perform_ping,
    ),
    StepType(
        name="goaway",
        groups=("http2",),
        summary="Sends GOAWAY.",
        schema=mapping(
            {
                "last_stream": scalar("integer", description="The last stream; 0 by default.", minimum=0),
                "code": CODE,
                "text": literal("bytes", "Debug data."),
            }
        ),
        parse=parse_goaway,
        perform=perform_goaway,
    ),
    StepType(
        name="priority",
        groups=("http2",),
        summary="Sends PRIORITY.",
        schema=mapping(PRIORITY_SCHEMA),
        parse=parse_priority_action,
        perform=perform_priority,
    ),
    StepType(
        name="frame",
        groups=("http2",),
        summary="Sends one frame, whatever rules it breaks.",
        schema=mapping(
            {
                "type": scalar("integer", "string", description="A name (headers, data, ...), or a number."),
                "flags": {
                    "type": ["array", "integer"],
                    "items": {"type": "string", "description": "A flag."},
                    "description": "The flags by name, or all of them as a number.",
                },
                "stream": scalar("integer", description="The stream; 0 by default.", minimum=0),
                "payload": literal("bytes", "The payload."),
                "claim_length": literal("size", "Write this length in place of the payload's."),
                "reserved": scalar("boolean", description="Set the reserved bit; false by default."),
            },
            required=("type",),
        ),
        parse=parse_frame,
        perform=perform_frame,
        preview=preview_frame,
    ),
)
