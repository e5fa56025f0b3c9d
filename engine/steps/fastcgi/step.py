"""The step ``fastcgi``: a web server's side of FastCGI, spoken to the server behind the gateway by a script."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import EngineError
from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.model.transcript import PAST_GATEWAY
from engine.steps.api.context import Connection, Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.fastcgi.session import FastcgiSession

SPOKEN = "fastcgi"


@dataclass(frozen=True)
class FastcgiParams:
    """The script."""

    script: tuple[Step, ...]


def parse(node: Node, reader: NodeReader) -> FastcgiParams:
    """The parameters of a valid node."""
    script = node.get("script")
    return FastcgiParams(reader.script(script, "fastcgi") if script else ())


async def perform(params: FastcgiParams, ctx: Context) -> None:
    """Open a connection to the server itself, or continue a named one, and perform the script on it. Raises
    EngineError where the server does not speak FastCGI."""
    speaks = ctx.live.speaks
    if speaks != SPOKEN:
        raise EngineError(
            f"`fastcgi` speaks to the server itself, and this one speaks {speaks or 'nothing that is known'}",
            hint="the case needs `only: {gateways: [nginx-fastcgi]}`, or another gateway that passes requests on "
            "by FastCGI",
        )
    connection = await ctx.connect(ctx.step.connection, raw=True, upstream=True)
    if connection.codec is None and ctx.live.upstream != ctx.live.address:
        ctx.note(PAST_GATEWAY, ":".join(map(str, ctx.live.upstream)), subject=connection.name)
    _session(connection)
    try:
        await ctx.run(params.script, connection)
    finally:
        ctx.release(connection)


def _session(connection: Connection) -> FastcgiSession:
    """The session of a connection, new on a new one. Raises EngineError where something else was spoken on it."""
    if connection.codec is None and connection.used <= 1:
        connection.codec = FastcgiSession()
    if not isinstance(connection.codec, FastcgiSession):
        raise EngineError(
            f"the connection {connection.name!r} was opened by another kind of step",
            hint="FastCGI needs a connection to the server itself: give this step another name",
        )
    return connection.codec


STEP_TYPES = (
    StepType(
        name="fastcgi",
        http1="it speaks FastCGI",
        groups=("step",),
        summary="Speaks FastCGI to the server itself, past the gateway, and checks the answer.",
        schema=mapping(
            {"script": literal("script:fastcgi", "The actions and assertions, in order.")}, required=("script",)
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.RAW, Requirement.UPSTREAM}),
        inner=lambda params: [("", params.script)],
        includes=("stream", "flow"),
        not_by_hand="its bytes go to the server itself, past the gateway",
        named=True,
        connects=True,
        lasts=0.05,
    ),
)
