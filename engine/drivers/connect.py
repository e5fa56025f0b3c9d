"""The step ``connect``: opens a connection, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.drivers.base import Context, Fact, Kind, Observation, Reader, mapping, notation
from engine.drivers.sending import send
from engine.drivers.values import integer, text
from engine.errors import ChannelError, Refused, Reset
from engine.model.case import Step
from engine.model.expectation import ABSENT, Mismatch
from engine.model.nodes import Node
from engine.model.octets import ByteString

# How long it may take where the step does not say, in seconds: on one machine nothing but a full queue takes longer.
PATIENCE = 5.0


@dataclass(frozen=True)
class Params:
    """Where to, with how large a receive buffer (bytes), and what is sent first."""

    address: object = None
    receive_buffer: object = None
    preamble: ByteString | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it: ``connected``, ``refused``, ``reset`` or ``timeout``. Where nobody looks at it, anything but
    ``connected`` is wrong."""

    outcome: str
    detail: str = ""
    sent: bytes | None = None

    def fact(self, name: str) -> object:
        """The one fact there is."""
        return self.outcome if name == "outcome" else ABSENT

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """That there is no connection."""
        if "outcome" in named or self.outcome == "connected":
            return ()
        return (Mismatch("outcome", "is 'connected'", self.outcome, why=self.detail),)


def parse(node: Node, reader: Reader) -> Params:
    """The parameters of a valid node."""
    address, buffer, preamble = (node.get(key) for key in ("address", "receive_buffer", "preamble"))
    return Params(
        reader.value(address) if address else None,
        reader.size(buffer) if buffer else None,
        reader.bytes(preamble) if preamble else None,
    )


async def perform(step: Step, ctx: Context) -> Observation:
    """Open it under the step's name. It stays open until a later step closes it, or the case ends."""
    params = step.params
    assert isinstance(params, Params)
    variables = ctx.variables
    name = step.name or ""
    preamble = params.preamble.render(variables) if params.preamble is not None else b""
    where = None if params.address is None else (text(params.address, variables), ctx.live.address[1])
    buffer = None if params.receive_buffer is None else integer(params.receive_buffer, variables, "receive_buffer")
    try:
        async with asyncio.timeout(PATIENCE if step.checks.within is None else step.checks.within):
            connection = await ctx.open(name, address=where, receive_buffer=buffer)
            ctx.live.boundary.expect_peer(connection.channel.local, ctx.job)
            if preamble:
                await send(ctx, connection, preamble)
    except TimeoutError:
        return Outcome("timeout", "the system did not answer")
    except Refused as error:
        return Outcome("refused", error.what)
    except Reset as error:
        return Outcome("reset", error.what)
    except ChannelError as error:
        return Outcome("timeout", error.what)
    return Outcome("connected")


KINDS = (
    Kind(
        name="connect",
        groups=("step",),
        summary="Opens a connection under a name, for steps to continue, or to be left as it is.",
        schema=mapping(
            {
                "address": notation("text", "Another address of the server's, on the same port."),
                "receive_buffer": notation("size", "How much the system keeps of what nobody has read."),
                "preamble": notation("bytes", "What is sent at once, before anything else."),
            },
            required=("as",),
        ),
        parse=parse,
        perform=perform,
        facts=(Fact("outcome", "connected, refused, reset or timeout."),),
        looks=True,
        within="waits",
        named=True,
        besides=("address", "receive_buffer"),
    ),
)
