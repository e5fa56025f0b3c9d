"""Assertions of a script on a FastCGI connection: ``response``, ``receive``, ``get_values``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import INTEGER, NAME_OR_NUMBER, OBJECT, SIZE, TEXT, TEXTS, WIRE_BYTES, one_of
from engine.model.nodes import Node
from engine.model.variables import WrongValue, fill
from engine.model.wire_bytes import WireBytes
from engine.protocols.fastcgi import (
    END_REQUEST,
    GET_VALUES,
    GET_VALUES_RESULT,
    MANAGEMENT,
    NAMES,
    TYPES,
    UNKNOWN_TYPE,
    VARIABLES,
    FastcgiRecord,
    MalformedRecord,
    decode_end,
    decode_pairs,
    encode,
    encode_pairs,
    in_words,
)
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.fastcgi.actions import named, type_of
from engine.steps.fastcgi.facts import AnswerFacts, FastcgiAnswer
from engine.steps.fastcgi.session import Inflow, emit, id_of, session_of
from engine.steps.fastcgi.streams import ID
from engine.steps.http1.session import Response, still_open
from engine.steps.shared.endings import Ending, wait
from engine.steps.shared.implicit_failures import ImplicitFailure, violation
from engine.steps.shared.paths import walk
from engine.steps.shared.values import scalar
from engine.steps.stream.facts import StreamFacts

OUTCOME = one_of("result", "unknown_type", "closed", "reset", "timeout", "malformed")
OF_VALUES = (("*", TEXT),)

# Given a record, its bytes and when it came: whether that was the last that a look wants; None leaves it for others.
Take = Callable[[FastcgiRecord, bytes, float], "bool | None"]


@dataclass(frozen=True)
class Which:
    """``response``: the request's id, None for the current one."""

    id: object = None


@dataclass(frozen=True)
class Next:
    """``receive``: the type to wait for, None for whatever comes next."""

    type: object = None


@dataclass(frozen=True)
class GetValuesParams:
    """``get_values``: the variables that are asked for."""

    names: tuple[str, ...] = VARIABLES


async def read(ctx: Context, within: float | None, take: Take) -> Ending | None:
    """Read records until ``take`` has its last: None, or how that ended before.

    Records that it does not want stay on the connection. Those that it took stand on the time line.
    """
    channel = ctx.connection.channel
    inflow, taken = Inflow(channel), []

    async def reading() -> bool | None:
        while (found := await inflow.next()) is not None:
            record, raw, at = found
            last = take(record, raw, at)
            if last is None:
                inflow.leave(raw, at)
                continue
            taken.append(record)
            if last:
                return True
        return None

    try:
        ended = await wait(reading(), within)
        return ended if isinstance(ended, Ending) else None
    except MalformedRecord as error:
        return Ending("malformed", within, str(error))
    finally:
        inflow.put_back()
        if taken:
            ctx.note("records received", in_words(taken), subject=ctx.connection.name)


# response


def parse_response(node: Node, reader: NodeReader) -> Which:
    """The parameters of a valid node."""
    id = node.get("id")
    return Which(reader.value(id) if id else None)


async def perform_response(params: Which, ctx: Context) -> Observation:
    """Read what comes for a request up to END_REQUEST; records of others are left for later assertions."""
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    id = id_of(params.id, session, ctx.variables)
    response = Response(sent_at=connection.since)
    if id not in session.kept_open:
        response.framing = "until-close"  # which has `open` wait for the end that is announced
    answer, began = FastcgiAnswer(response), ctx.now()

    def take(record: FastcgiRecord, raw: bytes, at: float) -> bool | None:
        if record.id != id or record.type in MANAGEMENT:
            return None
        answer.take(record, raw, at)
        return record.type == END_REQUEST

    ended = await read(ctx, within, take)
    if ended is not None:
        answer.broken(ended)
        response.ended_at = began + (within or 0.0) if ended.outcome == "timeout" else ctx.now()
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    if "open" in ctx.step.checks.facts:
        response.open = await still_open(connection.channel, response)
    return AnswerFacts(answer, session.body(id))


# receive


def parse_receive(node: Node, reader: NodeReader) -> Next:
    """The parameters of a valid node."""
    type = node.get("type")
    return Next(type_of(type, reader) if type else None)


class RecordFacts(FactSet):
    """An observation of one record."""

    def __init__(self, record: FastcgiRecord, sent: bytes | None) -> None:
        self._record = record
        self._sent = sent

    @property
    def sent(self) -> bytes | None:
        return self._sent

    @fact("type", NAME_OR_NUMBER)
    def type(self) -> object:
        """Its type's name; the number of one that there is not."""
        return self._record.name

    @fact("id", INTEGER)
    def id(self) -> object:
        """The id of the request that it belongs to, 0 for none."""
        return self._record.id

    @fact("content", WIRE_BYTES)
    def content(self) -> object:
        """Its content."""
        return WireBytes(self._record.content)

    @fact("padding", SIZE)
    def padding(self) -> object:
        """The number of bytes of padding."""
        return self._record.padding

    @fact("app_status", INTEGER)
    def app_status(self) -> object:
        """The application's status, in END_REQUEST."""
        return ABSENT if (end := self._end()) is None else end[0]

    @fact("protocol_status", NAME_OR_NUMBER)
    def protocol_status(self) -> object:
        """The protocol's status, in END_REQUEST."""
        return ABSENT if (end := self._end()) is None else end[1]

    @fact("unknown_type", INTEGER)
    def unknown_type(self) -> object:
        """The type that the server does not know, in UNKNOWN_TYPE."""
        record = self._record
        return record.content[0] if record.type == UNKNOWN_TYPE and record.content else ABSENT

    @fact("values[.*]", OBJECT, OF_VALUES)
    def values(self, path: str) -> object:
        """The variables in GET_VALUES_RESULT, or one of them."""
        return walk(_values(self._record), path) if self._record.type == GET_VALUES_RESULT else ABSENT

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules that it breaks by itself; any fails the step unless this fact is named."""
        return list(self._record.faults)

    def _end(self) -> tuple[int, int | str] | None:
        return decode_end(self._record.content) if self._record.type == END_REQUEST else None

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """Every rule that the record breaks by itself, unless `faults` is named."""
        if "faults" in named:
            return []
        return [violation("record", "a record", "FastCGI", fault) for fault in self._record.faults]


def _values(record: FastcgiRecord) -> dict[str, object]:
    """The variables that a GET_VALUES_RESULT holds."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in decode_pairs(record.content)[0]}


async def perform_receive(params: Next, ctx: Context) -> Observation:
    """Read the next record, or the next of a type; others are left for later assertions."""
    wanted = None if params.type is None else named(params.type, TYPES, ctx.variables, "type")
    found: list[FastcgiRecord] = []

    def take(record: FastcgiRecord, raw: bytes, at: float) -> bool | None:
        del raw, at
        if wanted is not None and wanted != record.type:
            return None
        found.append(record)
        return True

    ended = await read(ctx, ctx.step.checks.within, take)
    if ended is not None:
        what = "a record" if wanted is None else f"a record of type {NAMES.get(wanted, wanted)}"
        return ImplicitFailure("record", what, ended.actual, ended.detail, StreamFacts(ctx.connection.sent))
    return RecordFacts(found[0], ctx.connection.sent)


# get_values


def parse_get_values(node: Node, reader: NodeReader) -> GetValuesParams:
    """The parameters of a valid node."""
    names = node.get("names")
    return GetValuesParams(tuple(str(reader.value(one)) for one in names.items()) if names else VARIABLES)


def query(params: GetValuesParams, variables: Mapping[str, object]) -> bytes:
    """The content of GET_VALUES: each name with an empty value."""
    return encode_pairs([(fill(name, variables).encode(), b"") for name in params.names])


def preview_get_values(params: GetValuesParams, variables: Mapping[str, object], host: str) -> list[PreviewBytes]:
    """The names that are asked for, one on a line."""
    del host
    return [PreviewBytes(b"".join(b"%s\n" % fill(name, variables).encode() for name in params.names), "GET_VALUES")]


async def perform_get_values(params: GetValuesParams, ctx: Context) -> Observation:
    """Ask for variables, and read the result; other records are left for later assertions."""
    connection = ctx.connection
    if session_of(connection).packed is not None:
        raise WrongValue("`get_values` checks its result, and so cannot stand inside `write`: use `record` there")
    await emit(ctx, [encode(GET_VALUES, 0, query(params, ctx.variables))])
    found: list[FastcgiRecord] = []

    def take(record: FastcgiRecord, raw: bytes, at: float) -> bool | None:
        del raw, at
        if record.type not in (GET_VALUES_RESULT, UNKNOWN_TYPE):
            return None
        found.append(record)
        return True

    ended = await read(ctx, ctx.step.checks.within, take)
    if ended is not None:
        return ValuesFacts(ended)
    record = found[0]
    if record.type == UNKNOWN_TYPE:
        return ValuesFacts(Ending("unknown_type", None, "the server does not know GET_VALUES"), faults=record.faults)
    return ValuesFacts(None, _values(record), record.faults)


class ValuesFacts(FactSet):
    """The facts of ``get_values``: how it ended without a result, None for a result, the variables of the result, and
    the rules that the record breaks."""

    def __init__(
        self, ended: Ending | None, values: Mapping[str, object] | None = None, faults: tuple[str, ...] = ()
    ) -> None:
        self._ended = ended
        self._values = values
        self._faults = faults

    @fact("values[.*]", OBJECT, OF_VALUES)
    def values(self, path: str) -> object:
        """The variables that the result holds, or one of them."""
        return ABSENT if self._values is None else walk(self._values, path)

    @fact("outcome", OUTCOME)
    def outcome(self) -> object:
        """The outcome: result, unknown_type, closed, reset, timeout or malformed."""
        return "result" if self._ended is None else self._ended.outcome

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No result, unless `outcome` is named, and every rule that the record breaks."""
        found = [violation("get_values", "a record", "FastCGI", fault) for fault in self._faults]
        ended = self._ended
        if ended is not None and "outcome" not in named:
            found.append(Mismatch("outcome", "the server's values", ended.actual, why=ended.detail, implicit=True))
        return found


STEP_TYPES = (
    StepType(
        name="response",
        awaits="a response",
        groups=("fastcgi",),
        summary="Reads what comes for a request, up to its end.",
        schema=mapping({"id": ID}),
        parse=parse_response,
        perform=perform_response,
        facts=AnswerFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="receive",
        awaits="a record",
        groups=("fastcgi",),
        summary="Reads one record that no other look has taken.",
        schema=mapping(
            {"type": scalar("integer", "string", description="Wait for this type: a name, or a number; else for any.")}
        ),
        parse=parse_receive,
        perform=perform_receive,
        facts=RecordFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="get_values",
        awaits="the server's values",
        groups=("fastcgi",),
        summary="Asks the server for variables of its own, and reads the result.",
        schema=mapping(
            {
                "names": {
                    "type": "array",
                    "items": literal("word", "A variable's name."),
                    "description": "The variables; by default the three that the specification has.",
                }
            }
        ),
        parse=parse_get_values,
        perform=perform_get_values,
        facts=ValuesFacts.facts,
        observes=True,
        within="waits",
        preview=preview_get_values,
    ),
)
