"""Frames as a case writes them: legal or not, in fragments, with a chosen key, and cut in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.nodes import Node
from engine.model.variables import WrongValue, resolve
from engine.model.wire_bytes import ByteString, size_of
from engine.protocols.websocket import CLOSE, CONTINUATION, NAMES, OPCODES, close_payload, encode
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal, mapping
from engine.steps.shared.values import checked, flag, integer, positive, scalar
from engine.steps.stream.actions import LARGEST, check_cuts, cut

FLAGS = ("fin", "rsv1", "rsv2", "rsv3")
KEY_SIZE = 4
NO_BYTES = ByteString(())


@dataclass(frozen=True)
class FrameSpec:
    """A frame, or a message in fragments.

    ``options`` are those of FLAGS and ``length_as``, ``claim_length``, ``mask`` (true, false, or a ByteString).
    ``fragments`` are payloads of their own; ``piece`` and ``cut_at`` divide ``payload`` instead. ``stop_at`` is the
    offset in the frame's bytes at which sending stops, from its end if it is negative; None for a whole frame.
    """

    opcode: object
    payload: ByteString = NO_BYTES
    code: object = None
    options: tuple[tuple[str, object], ...] = ()
    fragments: tuple[ByteString, ...] = ()
    piece: object = None
    cut_at: tuple[object, ...] = ()
    stop_at: object = None


@dataclass(frozen=True)
class EncodedFrame:
    """A frame on the wire: its opcode, its payload before masking, and its bytes."""

    opcode: int
    payload: bytes
    data: bytes

    @property
    def content(self) -> bytes:
        """The payload, where it is part of a message: control frames have none."""
        return self.payload if self.opcode not in NAMES or self.opcode < CLOSE else b""


def parse_frame(node: Node, reader: NodeReader, *, wrong_stop: tuple[str, str] | None = None) -> FrameSpec:
    """The parameters of a valid node. ``wrong_stop`` is why sending cannot stop in this frame, and a hint; None if it
    can."""
    opcode, payload, code, claim, mask, fragments, piece, cut_at, stop_at = (
        node.get(key)
        for key in ("opcode", "payload", "code", "claim_length", "mask", "fragments", "piece", "cut_at", "stop_at")
    )
    word = reader.value(opcode) if opcode else "text"
    unknown = isinstance(word, str) and word not in OPCODES and "$(" not in word
    if opcode and unknown:
        reader.mistake(opcode, f"there is no opcode {word!r}", f"known: {', '.join(OPCODES)}, or a number up to 15")
    options = [(key, reader.value(found)) for key in (*FLAGS, "length_as") if (found := node.get(key)) is not None]
    if claim:
        options.append(("claim_length", reader.size(claim)))
    if mask is not None:
        options.append(("mask", _mask(mask, reader)))
    if fragments and (other := payload or piece or cut_at) is not None:
        reader.mistake(other, "`fragments` has the payloads itself", "delete the other key")
    if code and (other := fragments or piece or cut_at) is not None:
        reader.mistake(other, "a frame with a code is a close frame, which has no fragments", "delete the key")
    if stop_at and wrong_stop is not None:
        reader.mistake(stop_at, *wrong_stop)
    number = OPCODES.get(word) if isinstance(word, str) else word
    if code and isinstance(number, int) and number != CLOSE:
        reader.mistake(code, "`code` stands in a close frame, and this is another one", "write `opcode: close`")
    spec = FrameSpec(
        word,
        reader.bytes(payload) if payload else NO_BYTES,
        reader.value(code) if code else None,
        tuple(options),
        tuple(reader.bytes(one) for one in fragments.items()) if fragments else (),
        positive(piece, reader.size(piece), reader, "piece", "1B") if piece else None,
        tuple(reader.value(offset) for offset in cut_at.items()) if cut_at else (),
        reader.value(stop_at) if stop_at else None,
    )
    if not unknown:
        _check(spec, node, reader)
    return spec


def _check(spec: FrameSpec, node: Node, reader: NodeReader) -> None:
    """Note the first value that fits no frame, as far as it is known before the run."""
    opcode, mask, cut_at, stop_at = (node.get(key) for key in ("opcode", "mask", "cut_at", "stop_at"))
    length = node.get("length_as") or node.get("claim_length")
    if opcode and checked(lambda: _opcode(spec, {}), opcode, reader, "write a number up to 15, or a name") is None:
        return
    if mask and checked(lambda: _options(spec, {}, "mask"), mask, reader, "like mask: {hex: 37 fa 21 3d}") is None:
        return
    if size_of(spec.payload) + sum(map(size_of, spec.fragments)) > LARGEST:
        return
    if cut_at and (data := checked(lambda: spec.payload.render({}), cut_at, reader)) is not None:
        check_cuts(cut_at, spec.cut_at, len(data), reader)
    hint = "a length up to 125 fits into 7 bits, one up to 65535 into 16" if length else ""
    frames = checked(lambda: encoded(spec, {}, each_length=True), length or node, reader, hint)
    if stop_at and frames:
        last = len(frames[-1].data) - 1
        hint = f"write 1 to {last}, or -1 to -{last}"
        checked(lambda: stopped(spec, {}, frames[-1]), stop_at, reader, hint)


def parse_frames(node: Node, reader: NodeReader, *, wholly: str = "") -> tuple[FrameSpec, ...]:
    """The frames of a list. Sending may stop in the last one, unless ``wholly`` names a step that sends all of them."""
    items = node.items()
    other = "only the last frame of `frames` can stop", "put the frame last, or delete `stop_at`"
    every = (f"a frame of `{wholly}` cannot stop", "delete `stop_at`, or send the frame with `frames`")
    return tuple(
        parse_frame(item, reader, wrong_stop=every if wholly else None if number == len(items) else other)
        for number, item in enumerate(items, 1)
    )


def _mask(node: Node, reader: NodeReader) -> object:
    """True, false, a variable, or the bytes of a key."""
    found = reader.value(node)
    if isinstance(found, (bool, type(None))) or not isinstance(found, (str, list, dict)):
        return found
    return reader.bytes(node)


def encoded(spec: FrameSpec, variables: Mapping[str, object], *, each_length: bool = False) -> list[EncodedFrame]:
    """The frames of a specification: several for a message in fragments. With ``each_length`` it is the first frame of
    each length, and the last one: enough to check a message in a hundred thousand pieces. Raises ValueError for a value
    that does not fit."""
    opcode = _opcode(spec, variables)
    options = _options(spec, variables)
    payloads = _payloads(spec, variables)
    last = len(payloads) - 1
    first_of_length: dict[int, int] = {}
    for index, payload in enumerate(payloads if each_length else ()):
        first_of_length.setdefault(len(payload), index)
    return [
        EncodedFrame(
            number := opcode if not index else CONTINUATION,
            payload,
            encode(
                number,
                payload,
                **{
                    **options,
                    "fin": options["fin"] and index == last,
                    # The first fragment has the bit of the whole message (RFC 7692, 6.1).
                    "rsv1": options["rsv1"] and not index,
                },
            ),
        )
        for index, payload in enumerate(payloads)
        if not each_length or index in (first_of_length[len(payload)], last)
    ]


def _opcode(spec: FrameSpec, variables: Mapping[str, object]) -> int:
    found = resolve(spec.opcode, variables)
    opcode = OPCODES[found] if isinstance(found, str) and found in OPCODES else integer(found, {}, "opcode")
    if not 0 <= opcode <= 15:
        raise WrongValue(f"opcode is {opcode}, and should be at most 15")
    return opcode


def _payloads(spec: FrameSpec, variables: Mapping[str, object]) -> list[bytes]:
    if spec.fragments:
        return [one.render(variables) for one in spec.fragments]
    payload = spec.payload.render(variables)
    if spec.code is not None:
        return [close_payload(integer(spec.code, variables, "code"), payload)]
    piece = None if spec.piece is None else max(1, integer(spec.piece, variables, "piece"))
    offsets = tuple(integer(at, variables, "cut_at") for at in spec.cut_at)
    return cut(payload, piece, offsets) or [payload] if piece or offsets else [payload]


def _options(spec: FrameSpec, variables: Mapping[str, object], only: str = "") -> dict[str, Any]:
    """The options of ``encode``, or only one of them."""
    given = {name: value for name, value in spec.options if only in ("", name)}
    options: dict[str, Any] = {"fin": True, "rsv1": False}
    options |= {name: flag(given[name], variables) for name in FLAGS if name in given}
    options |= {name: integer(given[name], variables, name) for name in ("length_as", "claim_length") if name in given}
    if "mask" in given:
        mask = given["mask"]
        found = mask.render(variables) if isinstance(mask, ByteString) else resolve(mask, variables)
        if isinstance(found, bool):
            options["mask"] = found
        elif isinstance(found, bytes) and len(found) == KEY_SIZE:
            options["key"] = found
        else:
            raise WrongValue(f"mask is {_shown(found)}, and should be true, false, or a key of {KEY_SIZE} bytes")
    return options


def _shown(mask: object) -> str:
    return f"a key of {len(mask)} bytes" if isinstance(mask, bytes) else repr(mask)


def stopped(spec: FrameSpec, variables: Mapping[str, object], frame: EncodedFrame) -> int:
    """The offset in the bytes of a frame at which sending stops, its size for a complete one. Raises ValueError for an
    offset outside of it."""
    size = len(frame.data)
    if spec.stop_at is None:
        return size
    at = _offset(spec.stop_at, variables)
    if not 0 < (at if at >= 0 else size + at) < size:
        raise WrongValue(f"stop_at is {at}, which is not inside a frame of {size} bytes")
    return at if at >= 0 else size + at


def _offset(value: object, variables: Mapping[str, object]) -> int:
    found = resolve(value, variables)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    text = str(found)
    return -integer(text[1:], {}, "stop_at") if text.startswith("-") else integer(text, {}, "stop_at")


def previews(specs: tuple[FrameSpec, ...], variables: Mapping[str, object]) -> list[PreviewBytes]:
    """Each frame's payload, and its options in words: the mask of most is random."""
    found = []
    for spec in specs:
        frames = encoded(spec, variables)
        for index, frame in enumerate(frames):
            words = [f"{NAMES.get(frame.opcode, f'opcode {frame.opcode}')} frame"]
            payload = frame.payload
            if spec.code is not None:
                words.append(f"code {integer(spec.code, variables, 'code')}")
                payload = spec.payload.render(variables)
            if len(frames) > 1:
                words.append(f"fragment {index + 1} of {len(frames)}")
            words += [_in_words(name, value, variables) for name, value in spec.options]
            if not any(name == "mask" for name, _ in spec.options):
                words.append("masked")
            if index == len(frames) - 1 and (at := stopped(spec, variables, frame)) < len(frame.data):
                words.append(f"only the first {at} of its {len(frame.data)} bytes")
            found.append(PreviewBytes(payload, ", ".join(words)))
    return found


def _in_words(name: str, value: object, variables: Mapping[str, object]) -> str:
    """A frame's option in words."""
    found = value.render(variables) if isinstance(value, ByteString) else resolve(value, variables)
    if name == "mask":
        return f"masked with {found.hex(' ')}" if isinstance(found, bytes) else "masked" if found else "not masked"
    if name == "length_as":
        return f"length written in {found} bits"
    if name == "claim_length":
        return f"length written as {found}"
    return f"{name} {1 if found else 0}"


CODE = scalar("integer", description="A close frame's code; it stands before the payload.", minimum=0, maximum=65535)


def _flag(description: str) -> Schema:
    return scalar("boolean", description=description)


FRAME = mapping(
    {
        "opcode": scalar("integer", "string", description="A name (text, ping, ...), or a number up to 15."),
        "payload": literal("bytes", "The payload, before it is masked."),
        "fin": _flag("The message ends with this frame, or with its last fragment; true by default."),
        "rsv1": _flag("The bit RSV1, which marks compression; false by default."),
        "rsv2": _flag("The bit RSV2; false by default."),
        "rsv3": _flag("The bit RSV3; false by default."),
        "mask": literal("mask", "Mask the frame, as clients must (default), or with this key; false: do not mask it."),
        "code": CODE,
        "length_as": scalar("integer", description="Write the length in 7, 16 or 64 bits."),
        "claim_length": literal("size", "Write this length in place of the payload's."),
        "fragments": {
            "type": "array",
            "minItems": 1,
            "items": literal("bytes", "The payload of one fragment."),
            "description": "The message in fragments: this frame, then continuations.",
        },
        "piece": literal("size", "Divide the payload into fragments of this size."),
        "cut_at": {
            "type": "array",
            "items": literal("count", "An offset in the payload."),
            "description": "Offsets in the payload at which a new fragment begins.",
        },
        "stop_at": scalar(
            "integer",
            description="Send the frame only up to this offset (from its end if negative); `rest` sends the others.",
        ),
    },
    required=("opcode",),
    description="One frame, legal or not, or a message in fragments.",
)

FRAMES: Schema = {"type": "array", "items": FRAME, "minItems": 1, "description": "The frames, in order."}
