"""Actions of a script on a connection: ``send``, ``drip``, ``hang_up``, ``reading``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.errors import Reset
from engine.model.nodes import Node
from engine.model.variables import Variable, WrongValue
from engine.model.wire_bytes import ByteString, size_of
from engine.steps.api.context import Context
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.sending import send, send_pieces
from engine.steps.shared.values import checked, flag, integer, positive, scalar, seconds, text

# Larger data are not made before the run.
LARGEST = 1024 * 1024

HANG_UPS = ("write", "both", "fin", "reset")


@dataclass(frozen=True)
class Bytes:
    """Bytes to be sent."""

    data: ByteString


@dataclass(frozen=True)
class Drip:
    """Bytes, the size of a piece, the pause between two (seconds), and additional offsets to cut at."""

    data: ByteString
    piece: object
    every: float | Variable
    cut_at: tuple[object, ...]


@dataclass(frozen=True)
class HangUp:
    """The way of closing, one of HANG_UPS."""

    way: object


@dataclass(frozen=True)
class Reading:
    """True to read from the socket, False to stop."""

    on: object


def parse_bytes(node: Node, reader: NodeReader) -> Bytes:
    """The parameters of a node that is bytes."""
    return Bytes(reader.bytes(node))


def preview(params: Bytes | Drip, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The bytes, as they will be sent."""
    del host
    return [PreviewBytes(params.data.render(variables))]


async def perform_send(params: Bytes, ctx: Context) -> None:
    """Send the bytes in one write."""
    await send(ctx, ctx.connection, params.data.render(ctx.variables))


def parse_drip(node: Node, reader: NodeReader) -> Drip:
    """The parameters of a valid node."""
    data, piece, every, cut_at = (node.get(key) for key in ("bytes", "piece", "every", "cut_at"))
    drip = Drip(
        reader.bytes(data) if data else ByteString(()),
        positive(piece, reader.size(piece), reader, "piece", "1B") if piece else (None if cut_at else 1),
        reader.time(every) if every else 0.001,
        tuple(reader.value(offset) for offset in cut_at.items()) if cut_at else (),
    )
    if cut_at and data:
        known = size_of(drip.data) <= LARGEST
        made = checked(lambda: drip.data.render({}), cut_at, reader) if known else None
        check_cuts(cut_at, drip.cut_at, len(made) if made is not None else None, reader)
    return drip


def check_cuts(node: Node, offsets: Sequence[object], size: int | None, reader: NodeReader) -> None:
    """Note each offset at which nothing is cut: 0, and those from the ``size`` of the bytes on, None if it is not
    known before the run."""
    for item, offset in zip(node.items(), offsets, strict=True):
        if isinstance(offset, int) and (offset < 1 or (size is not None and offset >= size)):
            of = f"these {size} bytes" if size is not None else "the bytes"
            hint = f"write 1 to {size - 1}" if size is not None and size > 1 else "delete it"
            reader.mistake(item, f"an offset of {offset} is not inside {of}", hint)


def cut(data: bytes, piece: int | None, cut_at: tuple[int, ...]) -> list[bytes]:
    """``data`` in pieces: cut at each offset, and what is longer than ``piece`` bytes again."""
    edges = sorted({0, len(data), *(at for at in cut_at if 0 < at < len(data))})
    pieces: list[bytes] = []
    for start, end in pairwise(edges):
        step = piece or end - start
        pieces.extend(data[at : min(at + step, end)] for at in range(start, end, step))
    return pieces


async def perform_drip(params: Drip, ctx: Context) -> None:
    """Send the bytes in pieces."""
    await drip(params, ctx, params.data.render(ctx.variables))


async def drip(params: Drip, ctx: Context, data: bytes, sent: bytes | None = None) -> None:
    """Send ``data`` in pieces, each in a segment of its own as far as the pause between them makes it so. ``sent`` is
    what later assertions compare with, ``data`` by default."""
    variables = ctx.variables
    piece = None if params.piece is None else max(1, integer(params.piece, variables, "piece"))
    offsets = tuple(integer(at, variables, "cut_at") for at in params.cut_at)
    every = seconds(params.every, variables)
    await send_pieces(ctx, ctx.connection, cut(data, piece, offsets), data if sent is None else sent, every=every)


def parse_hang_up(node: Node, reader: NodeReader) -> HangUp:
    """The parameters of a valid node."""
    return HangUp(reader.value(node))


async def perform_hang_up(params: HangUp, ctx: Context) -> None:
    """Shut the writing half, close, close by a bare FIN, or reset."""
    channel = ctx.connection.channel
    match text(params.way, ctx.variables):
        case "write":
            try:
                channel.half_close()
            except Reset as error:  # the peer was faster
                ctx.note("not shut", error.what, subject=ctx.connection.name)
        case "both":
            channel.close()
        case "fin":
            channel.truncate()
        case "reset":
            channel.reset()
        case way:
            raise WrongValue(f"hang_up is {way!r}, and should be one of {', '.join(HANG_UPS)}")


def hangs_up(params: HangUp) -> str:
    """The reason why this cannot be reproduced: nc only ends its own writing half."""
    return "" if params.way == "write" else f"the client hangs up ({params.way})"


def parse_reading(node: Node, reader: NodeReader) -> Reading:
    """The parameters of a valid node."""
    return Reading(reader.value(node))


async def perform_reading(params: Reading, ctx: Context) -> None:
    """Pause reading from the socket, or resume."""
    ctx.connection.channel.reading(flag(params.on, ctx.variables))


DRIP: dict[str, Schema] = {
    "bytes": literal("bytes", "The bytes to send."),
    "piece": literal("size", "The size of a piece; one byte by default, or all between two cuts."),
    "every": literal(
        "time",
        "From one piece to the next; 1 ms by default. A late piece goes out at once.",
    ),
    "cut_at": {
        "type": "array",
        "items": literal("count", "An offset from the first byte."),
        "description": "Offsets at which a new piece begins.",
    },
}

STEP_TYPES = (
    StepType(
        name="send",
        groups=("stream",),
        summary="Sends bytes in one write.",
        schema=literal("bytes", "The exact bytes to send."),
        parse=parse_bytes,
        perform=perform_send,
        preview=preview,
    ),
    StepType(
        name="write",
        groups=("websocket",),
        summary="Sends raw bytes, which are no frame unless they look like one.",
        schema=literal("bytes", "The exact bytes to send."),
        parse=parse_bytes,
        perform=perform_send,
        preview=preview,
    ),
    StepType(
        name="drip",
        groups=("stream",),
        summary="Sends bytes in small pieces.",
        schema=mapping(DRIP, required=("bytes",)),
        parse=parse_drip,
        perform=perform_drip,
        preview=preview,
        besides=("piece", "every", "cut_at"),
    ),
    StepType(
        name="hang_up",
        groups=("stream",),
        summary="Ends the connection from this side: its writing half, both halves, or by a reset.",
        schema=scalar(
            "string",
            description="write (reading goes on), both, fin (both, and without TLS's closure alert), or reset.",
        ),
        parse=parse_hang_up,
        perform=perform_hang_up,
        not_by_hand=hangs_up,
    ),
    StepType(
        name="reading",
        groups=("stream",),
        summary="Stops taking bytes from the connection, or goes on.",
        schema=scalar("boolean", description="false to stop, true to go on."),
        parse=parse_reading,
        perform=perform_reading,
        not_by_hand="the client stops reading",
    ),
)
