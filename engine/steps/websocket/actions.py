"""Actions of a script on a WebSocket: ``send``, ``frames``, ``close``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.variables import resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.websocket import BINARY, CLOSE, NAMES, OPCODES, TEXT, close_payload, encode
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.sending import send
from engine.steps.shared.values import flag, integer, scalar
from engine.steps.websocket.session import session_of

FLAGS = ("fin", "rsv1", "rsv2", "rsv3", "mask")


@dataclass(frozen=True)
class Send:
    """A message: its opcode, and its payload as bytes or as a value that becomes JSON."""

    opcode: int
    data: ByteString | None = None
    value: object = None


@dataclass(frozen=True)
class FrameSpec:
    """A frame as a case writes it; ``options`` are those of FLAGS, ``length_as`` and ``claim_length``."""

    opcode: object
    payload: ByteString
    code: object
    options: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class FramesToSend:
    """Frames that go out in one write."""

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
    session_of(ctx.connection)
    payload = payload_of(params, ctx.variables)
    await send(ctx, ctx.connection, encode(params.opcode, payload), payload)


def parse_frames(node: Node, reader: NodeReader) -> FramesToSend:
    """The parameters of a valid node."""
    return FramesToSend(tuple(_parse_frame(item, reader) for item in node.items()))


def _parse_frame(node: Node, reader: NodeReader) -> FrameSpec:
    opcode, payload, code, claim = (node.get(key) for key in ("opcode", "payload", "code", "claim_length"))
    word = reader.value(opcode) if opcode else "text"
    if opcode and isinstance(word, str) and word not in OPCODES:
        reader.mistake(opcode, f"there is no opcode {word!r}", f"known: {', '.join(OPCODES)}, or a number up to 15")
    options = [(key, reader.value(found)) for key in (*FLAGS, "length_as") if (found := node.get(key)) is not None]
    if claim:
        options.append(("claim_length", reader.size(claim)))
    return FrameSpec(
        word,
        reader.bytes(payload) if payload else ByteString(()),
        reader.value(code) if code else None,
        tuple(options),
    )


def frame_bytes(frame: FrameSpec, variables: Mapping[str, object]) -> tuple[int, bytes, bytes]:
    """A frame's opcode, its payload, and its bytes. Raises ValueError for a value that does not fit."""
    found = resolve(frame.opcode, variables)
    opcode = OPCODES[found] if isinstance(found, str) and found in OPCODES else integer(found, {}, "opcode")
    if not 0 <= opcode <= 15:
        raise ValueError(f"opcode is {opcode}, and should be at most 15")
    payload = frame.payload.render(variables)
    if frame.code is not None:
        payload = close_payload(integer(frame.code, variables, "code"), payload)
    flags = {name: flag(value, variables) for name, value in frame.options if name in FLAGS}
    sizes = {name: integer(value, variables, name) for name, value in frame.options if name not in FLAGS}
    data = encode(
        opcode,
        payload,
        fin=flags.get("fin", True),
        rsv1=flags.get("rsv1", False),
        rsv2=flags.get("rsv2", False),
        rsv3=flags.get("rsv3", False),
        mask=flags.get("mask", True),
        length_as=sizes.get("length_as"),
        claim_length=sizes.get("claim_length"),
    )
    return opcode, payload, data


def preview_frames(params: FramesToSend, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """Each frame's payload: its mask is random."""
    del host
    found = []
    for frame in params.frames:
        opcode, payload, _ = frame_bytes(frame, variables)
        words = [f"{NAMES.get(opcode, f'opcode {opcode}')} frame"]
        if frame.code is not None:
            words.append(f"code {integer(frame.code, variables, 'code')}")
        words += [_option(name, resolve(value, variables)) for name, value in frame.options]
        if not any(name == "mask" for name, _ in frame.options):
            words.append("masked")
        found.append(
            PreviewBytes(frame.payload.render(variables) if frame.code is not None else payload, ", ".join(words))
        )
    return found


def _option(name: str, value: object) -> str:
    """A frame's option in words."""
    if name == "mask":
        return "masked" if value else "not masked"
    if name == "length_as":
        return f"length written in {value} bits"
    if name == "claim_length":
        return f"length written as {value}"
    return f"{name} {1 if value else 0}"


async def perform_frames(params: FramesToSend, ctx: Context) -> None:
    """Send frames in one write, whatever rules they break."""
    session = session_of(ctx.connection)
    made = [frame_bytes(frame, ctx.variables) for frame in params.frames]
    session.close_sent = session.close_sent or any(opcode == CLOSE for opcode, _, _ in made)
    payload = b"".join(payload for opcode, payload, _ in made if opcode not in NAMES or opcode < CLOSE)
    await send(ctx, ctx.connection, b"".join(data for _, _, data in made), payload)


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
    session_of(ctx.connection).close_sent = True
    await send(ctx, ctx.connection, encode(CLOSE, close_payload(code, reason)), reason)


_CODE = scalar("integer", description="A close frame's code; it stands before the payload.", minimum=0, maximum=65535)


def _flag(description: str) -> Schema:
    return scalar("boolean", description=description)


_FRAME = mapping(
    {
        "opcode": scalar("integer", "string", description="A name (text, ping, ...), or a number up to 15."),
        "payload": literal("bytes", "The payload, before it is masked."),
        "fin": _flag("The message ends with this frame; true by default."),
        "rsv1": _flag("The bit RSV1, which marks compression; false by default."),
        "rsv2": _flag("The bit RSV2; false by default."),
        "rsv3": _flag("The bit RSV3; false by default."),
        "mask": _flag("Mask the frame, as clients must; true by default."),
        "code": _CODE,
        "length_as": scalar("integer", description="Write the length in 7, 16 or 64 bits."),
        "claim_length": literal("size", "Write this length in place of the payload's."),
    },
    required=("opcode",),
    description="One frame, legal or not.",
)

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
        schema={"type": "array", "items": _FRAME, "minItems": 1, "description": "The frames, in order."},
        parse=parse_frames,
        perform=perform_frames,
        preview=preview_frames,
    ),
    StepType(
        name="close",
        groups=("websocket",),
        summary="Sends a close frame.",
        schema=mapping({"code": _CODE, "reason": literal("bytes", "The reason, UTF-8 of at most 123 bytes.")}),
        parse=parse_close,
        perform=perform_close,
        preview=preview_close,
    ),
)
