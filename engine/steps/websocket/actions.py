"""Actions of a script on a WebSocket: ``send``, ``frames``, ``rest``, ``drip``, ``close``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from engine.model.nodes import Node
from engine.model.variables import Unknown, WrongValue, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.websocket import BINARY, CLOSE, NAMES, TEXT, close_payload
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.sending import send
from engine.steps.shared.values import integer, positive
from engine.steps.stream.actions import DRIP, check_cuts, drip
from engine.steps.stream.actions import Drip as DripOfBytes
from engine.steps.stream.actions import parse_drip as parse_drip_of_bytes
from engine.steps.websocket.frames import (
    CODE,
    FRAMES,
    EncodedFrame,
    FrameSpec,
    encoded,
    parse_frames,
    previews,
    stopped,
)
from engine.steps.websocket.session import session_of


@dataclass(frozen=True)
class Send:
    """A message: its opcode, and its payload as bytes or as a value that becomes JSON."""

    opcode: int
    data: ByteString | None = None
    value: object = None


@dataclass(frozen=True)
class FramesToSend:
    """Frames that go out in one write."""

    frames: tuple[FrameSpec, ...]


@dataclass(frozen=True)
class Rest:
    """The number of bytes that are sent of a frame that was cut; None for all."""

    size: object = None


@dataclass(frozen=True)
class Drip:
    """The pieces of a drip, and what is in them: bytes, or frames if ``data`` is None."""

    pieces: DripOfBytes = field(metadata={"inline": True})
    data: ByteString | None
    frames: tuple[FrameSpec, ...]


@dataclass(frozen=True)
class Close:
    """A close frame's code, None for an empty one, and its reason."""

    code: object = None
    reason: ByteString | None = None


def parse_send(node: Node, reader: NodeReader) -> Send:
    """The parameters of a valid node."""
    word, value = node.only
    if word == "json":
        return Send(TEXT, value=reader.value(value))
    return Send(TEXT if word == "text" else BINARY, reader.bytes(value))


def payload_of(params: Send, variables: Mapping[str, object]) -> bytes:
    """A message's payload. Raises Unknown and ValueError where it cannot be rendered."""
    if params.data is not None:
        return params.data.render(variables)
    return json.dumps(resolve(params.value, variables), ensure_ascii=False).encode()


def preview_send(params: Send, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The message's payload: its mask is random."""
    del host
    return [PreviewBytes(payload_of(params, variables), f"{NAMES[params.opcode]} frame, masked")]


async def perform_send(params: Send, ctx: Context) -> None:
    """Send a message in one frame, masked and not compressed."""
    session = session_of(ctx.connection)
    payload = payload_of(params, ctx.variables)
    await send(ctx, ctx.connection, session.encoded(ctx, params.opcode, payload), payload)


def parse_frames_to_send(node: Node, reader: NodeReader) -> FramesToSend:
    """The parameters of a valid node."""
    return FramesToSend(parse_frames(node, reader))


def preview_frames(params: FramesToSend | Drip, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """Each frame's payload, or the bytes that are dripped."""
    del host
    if isinstance(params, Drip) and params.data is not None:
        return [PreviewBytes(params.data.render(variables))]
    return previews(params.frames, variables)


def all_frames(specs: Sequence[FrameSpec], ctx: Context) -> list[EncodedFrame]:
    """The frames of some specifications, in order. A close frame among them is noted in the session."""
    session = session_of(ctx.connection)
    made = [frame for spec in specs for frame in encoded(spec, ctx.variables)]
    session.close_sent = session.close_sent or any(frame.opcode == CLOSE for frame in made)
    return made


async def perform_frames(params: FramesToSend, ctx: Context) -> None:
    """Send frames in one write, whatever rules they break; of the last one only the part before ``stop_at``."""
    session = session_of(ctx.connection)
    made = all_frames(params.frames, ctx)
    data = b"".join(frame.data for frame in made)
    end = len(data) - len(made[-1].data) + stopped(params.frames[-1], ctx.variables, made[-1])
    session.unsent = data[end:]
    await send(ctx, ctx.connection, data[:end], b"".join(frame.content for frame in made))


def parse_rest(node: Node, reader: NodeReader) -> Rest:
    """The parameters of a valid node."""
    size = node.get("size")
    return Rest(positive(size, reader.size(size), reader, "size", "1B") if size else None)


async def perform_rest(params: Rest, ctx: Context) -> None:
    """Send the bytes that ``stop_at`` held back, or the first of them. Raises ValueError if there are too few."""
    session = session_of(ctx.connection)
    size = len(session.unsent) if params.size is None else integer(params.size, ctx.variables, "size")
    if not 0 < size <= len(session.unsent):
        held = f"{len(session.unsent)} bytes of a frame are" if session.unsent else "no part of a frame is"
        raise WrongValue(f"`rest` cannot send {size or 'any'} bytes: {held} held back; a frame's `stop_at` does so")
    data, session.unsent = session.unsent[:size], session.unsent[size:]
    await send(ctx, ctx.connection, data, ctx.connection.sent)


def parse_drip(node: Node, reader: NodeReader) -> Drip:
    """The parameters of a valid node: bytes or frames, in pieces."""
    frames, data = node.get("frames"), node.get("bytes")
    if (frames is None) == (data is None):
        reader.mistake(node, "`drip` sends either `bytes` or `frames`", "write one of the two")
    pieces = parse_drip_of_bytes(node, reader)
    specs = parse_frames(frames, reader, wholly="drip") if frames else ()
    if specs and (cut_at := node.get("cut_at")):
        with suppress(Unknown, ValueError):  # the reader has noted the latter
            size = sum(len(frame.data) for spec in specs for frame in encoded(spec, {}))
            check_cuts(cut_at, pieces.cut_at, size, reader)
    return Drip(pieces, pieces.data if data else None, specs)


async def perform_drip(params: Drip, ctx: Context) -> None:
    """Send bytes or frames in pieces."""
    if params.data is not None:
        await drip(params.pieces, ctx, params.data.render(ctx.variables))
        return
    made = all_frames(params.frames, ctx)
    sent = b"".join(frame.content for frame in made)
    await drip(params.pieces, ctx, b"".join(frame.data for frame in made), sent)


def parse_close(node: Node, reader: NodeReader) -> Close:
    """The parameters of a valid node."""
    code, reason = node.get("code"), node.get("reason")
    if reason and not code:
        reader.mistake(reason, "a close frame has no reason without a code", "write `code: 1000` as well")
    return Close(reader.value(code) if code else None, reader.bytes(reason) if reason else None)


def preview_close(params: Close, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The close frame's reason, and its code in words."""
    del host
    code = "no code" if params.code is None else f"code {integer(params.code, variables, 'code')}"
    reason = params.reason.render(variables) if params.reason is not None else b""
    return [PreviewBytes(reason, f"close frame, {code}, masked")]


async def perform_close(params: Close, ctx: Context) -> None:
    """Send a close frame; the connection stays, so that its end can be observed."""
    code = None if params.code is None else integer(params.code, ctx.variables, "code")
    reason = params.reason.render(ctx.variables) if params.reason is not None else b""
    session = session_of(ctx.connection)
    session.close_sent = True
    await send(ctx, ctx.connection, session.encoded(ctx, CLOSE, close_payload(code, reason)), reason)


STEP_TYPES = (
    StepType(
        name="send",
        groups=("websocket",),
        summary="Sends a message in one frame.",
        schema={
            **mapping(
                {
                    "text": literal("bytes", "A text message."),
                    "binary": literal("bytes", "A binary message."),
                    "json": literal("literal", "A text message: this value as JSON."),
                }
            ),
            "minProperties": 1,
            "maxProperties": 1,
        },
        parse=parse_send,
        perform=perform_send,
        preview=preview_send,
    ),
    StepType(
        name="frames",
        groups=("websocket",),
        summary="Sends frames in one write, whatever rules they break.",
        schema=FRAMES,
        parse=parse_frames_to_send,
        perform=perform_frames,
        preview=preview_frames,
    ),
    StepType(
        name="rest",
        groups=("websocket",),
        summary="Sends the part of a frame that `stop_at` held back.",
        schema=mapping({"size": literal("size", "Only so many bytes of it; all by default.")}),
        parse=parse_rest,
        perform=perform_rest,
    ),
    StepType(
        name="drip",
        groups=("websocket",),
        summary="Sends frames or bytes in small pieces.",
        schema=mapping({"frames": FRAMES, **DRIP}),
        parse=parse_drip,
        perform=perform_drip,
        preview=preview_frames,
        besides=("piece", "every", "cut_at"),
    ),
    StepType(
        name="close",
        groups=("websocket",),
        summary="Sends a close frame.",
        schema=mapping({"code": CODE, "reason": literal("bytes", "The reason, UTF-8 of at most 123 bytes.")}),
        parse=parse_close,
        perform=perform_close,
        preview=preview_close,
    ),
)
