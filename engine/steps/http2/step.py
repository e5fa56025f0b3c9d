"""The step ``http2``: frames on a connection of HTTP/2, by a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import EngineError
from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.protocols.http2.connection import MANNERS
from engine.protocols.http2.frames import PREFACE, SETTINGS, encode, settings_payload
from engine.protocols.http2.words import in_words
from engine.steps.api.context import Connection, Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http2.session import Http2Session, send_frames
from engine.steps.http2.settings import SETTINGS_SCHEMA, SettingValues, parse_settings_values, setting_numbers
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import flag, scalar

# A client that wants no pushed responses says so (RFC 9113, section 6.5.2).
_USUAL: SettingValues = (("enable_push", 0),)
_MANNERS = {
    "settings": "Acknowledge SETTINGS; true by default.",
    "ping": "Answer PING; true by default.",
    "windows": "Give back the windows of DATA that came; true by default.",
}


@dataclass(frozen=True)
class Http2Params:
    """The script; this side's first settings, whether the preface goes out by itself, and the manners by name."""

    script: tuple[Step, ...]
    settings: SettingValues = _USUAL
    preface: object = True
    manners: tuple[tuple[str, object], ...] = ()


def parse(node: Node, reader: NodeReader) -> Http2Params:
    """The parameters of a valid node."""
    script, settings, preface, manners = (node.get(key) for key in ("script", "settings", "preface", "manners"))
    return Http2Params(
        reader.script(script, "http2") if script else (),
        parse_settings_values(settings, reader) if settings else _USUAL,
        reader.value(preface) if preface else True,
        tuple((name, reader.value(one)) for name, one in manners.entries()) if manners else (),
    )


def preface(settings: Mapping[int, int]) -> list[bytes]:
    """The frames that a client sends first (RFC 9113, section 3.4)."""
    return [PREFACE, encode(SETTINGS, 0, 0, settings_payload(settings.items()))]


async def perform(params: Http2Params, ctx: Context) -> Observation | None:
    """Open a connection, or continue a named one, and perform the script on it. A reset, an error or a broken rule of
    the server that no assertion has taken is a failure. Raises StepFailed when an ``expect`` does not hold, and
    EngineError for a connection on which something else was spoken."""
    prefaced = flag(params.preface, ctx.variables)
    connection = await ctx.connect(ctx.step.connection, raw=True, http2=True, prefaced=prefaced)
    try:
        session = await _session(connection, params, ctx)
        await ctx.run(params.script, connection)
        return _unexpected(session)
    finally:
        ctx.release(connection)


async def _session(connection: Connection, params: Http2Params, ctx: Context) -> Http2Session:
    """The session of a connection, new on a new one."""
    if connection.codec is None and connection.used <= 1:
        settings = setting_numbers(params.settings, ctx.variables)
        chosen = {name: flag(value, ctx.variables) for name, value in params.manners}
        manners = [name for name in MANNERS if chosen.get(name, True)]
        begins = flag(params.preface, ctx.variables)
        session = Http2Session(connection.channel, ctx.note, connection.name, settings, manners, begins=begins)
        connection.codec = session
        if begins:
            await send_frames(ctx, connection, preface(settings))
        return session
    if not isinstance(connection.codec, Http2Session):
        raise EngineError(
            f"the connection {connection.name!r} was opened by another kind of step",
            hint="HTTP/2 needs a connection of its own: give this step another name",
        )
    return connection.codec


def _unexpected(session: Http2Session) -> ImplicitFailure | None:
    """The failure of what came and no assertion has taken."""
    for arrival in session.unexpected():
        frame = arrival.frame
        if arrival.faults:
            fault = arrival.faults[0]
            return ImplicitFailure("http2", "frames that conform to HTTP/2", Worded(f"a violation: {fault}", fault))
        return ImplicitFailure("http2", "no reset and no error", Worded(in_words([frame]), str(frame.error)))
    return None


STEP_TYPES = (
    StepType(
        name="http2",
        http1="",
        groups=("step",),
        summary="Sends frames of HTTP/2, and checks the answers of each stream.",
        schema=mapping(
            {
                "script": literal("script:http2", "The actions and assertions, in order."),
                "settings": SETTINGS_SCHEMA,
                "preface": scalar("boolean", description="Begin a new connection with the preface; true by default."),
                "manners": mapping(
                    {name: scalar("boolean", description=what) for name, what in _MANNERS.items()},
                    description="The actions of the client without the script; each can be turned off.",
                ),
            },
            required=("script",),
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.RAW}),
        needs=("http2",),
        inner=lambda params: [("", params.script)],
        includes=("stream", "flow"),
        not_by_hand="no command line says these frames",
        named=True,
        connects=True,
        lasts=0.05,
    ),
)
