"""The assertion ``flood`` of a script on a WebSocket: frames or bytes, again and again."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.nodes import Node
from engine.model.wire_bytes import ByteString
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.stream.facts import FloodFacts
from engine.steps.stream.flooding import BOUNDS, Bounds, flood, parse_bounds
from engine.steps.websocket.actions import all_frames
from engine.steps.websocket.frames import FRAMES, FrameSpec, parse_frames


@dataclass(frozen=True)
class Flood:
    """The frames of a round, or its bytes, and when it ends."""

    frames: tuple[FrameSpec, ...]
    of: ByteString | None
    bounds: Bounds = field(metadata={"inline": True})


def parse(node: Node, reader: NodeReader) -> Flood:
    """The parameters of a valid node."""
    frames, of = node.get("frames"), node.get("of")
    if (frames is None) == (of is None):
        reader.mistake(node, "`flood` sends either `frames` or bytes (`of`)", "write one of the two")
    return Flood(
        parse_frames(frames, reader, wholly="flood") if frames else (),
        reader.bytes(of) if of else None,
        parse_bounds(node, reader),
    )


async def perform(params: Flood, ctx: Context) -> Observation:
    """Send them repeatedly. Frames are never cut, and have the same masking key each time."""
    if params.of is not None:
        return await flood(ctx, params.of.render(ctx.variables), params.bounds)
    data = b"".join(frame.data for frame in all_frames(params.frames, ctx))
    return await flood(ctx, data, params.bounds, whole=True)


STEP_TYPES = (
    StepType(
        name="flood",
        awaits="the peer to take no more",
        groups=("websocket",),
        summary="Sends frames or bytes until the peer takes no more.",
        schema=mapping({"frames": FRAMES, "of": literal("bytes", "The bytes that are sent repeatedly."), **BOUNDS}),
        parse=parse,
        perform=perform,
        not_by_hand="the client sends until nothing more is taken",
        facts=FloodFacts.facts,
        observes=True,
    ),
)
