"""The step ``fastcgi`` as statements: records are written as records. Pure."""

from __future__ import annotations

from typing import cast

from engine.model.case import Step
from engine.protocols.fastcgi import (
    ABORT_REQUEST,
    GET_VALUES,
    PARAMS,
    MalformedRecord,
    decode,
    decode_pairs,
    encode,
    encode_pairs,
)
from engine.reproduce.unroll.facts import ANSWER, RECORD, VALUES
from engine.reproduce.unroll.of_http import number, pairs, script
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.unroller import Unroller, arguments
from engine.reproduce.unroll.variables import SLOT
from engine.steps.fastcgi.actions import Abort, BeginAction, RecordAction, Write, begin_bytes, record_bytes
from engine.steps.fastcgi.assertions import GetValuesParams, Next, Which
from engine.steps.fastcgi.facts import TAKES_NONE
from engine.steps.fastcgi.params import CALL, completed
from engine.steps.fastcgi.step import FastcgiParams
from engine.steps.fastcgi.streams import Content, Values, stream_records
from engine.steps.shared.values import flag, integer
from engine.steps.stream.actions import Bytes

# The port of the client in REMOTE_PORT; the calls of FastCGI cases are identified by their time.
CLIENT = ("127.0.0.1", 50000)


def fastcgi(unroller: Unroller, step: Step) -> None:
    """``fastcgi``: a script on a connection to the server itself."""
    new = step.connection is None or step.connection not in unroller.connections
    unroller.fresh_records = new
    script(unroller, step, cast(FastcgiParams, step.params).script)


def records(unroller: Unroller) -> str:
    """The variable of the records of the connection under way."""
    if unroller.fresh_records or unroller.current not in unroller.records:
        name = "records" if unroller.current == "connection" else f"{unroller.current}_records"
        unroller.records[unroller.current] = name
        unroller.line(f"{name} = Records({unroller.current})")
        unroller.fresh_records = False
    return unroller.records[unroller.current]


def id_of(value: object, unroller: Unroller) -> int:
    """The id of a request; without one, that of the request begun last."""
    return unroller.request_id if value is None else integer(value, unroller.names, "id")


def bytes_of(unroller: Unroller, step: Step) -> bytes:
    """The bytes of an action. Raises CannotUnroll for one that has none."""
    names, params = unroller.names, step.params
    match params:
        case BeginAction():
            unroller.request_id, _, data = begin_bytes(params, names)
            return data
        case Abort():
            return encode(ABORT_REQUEST, id_of(params.id, unroller))
        case RecordAction():
            return record_bytes(params, names, unroller.request_id)[2]
        case Values():
            given = completed(
                pairs(params.values, names), host=names.host, peer=CLIENT, token="",
                defaults=flag(params.defaults, names), without=(*params.without, CALL.decode()),
            )  # fmt: skip
            data = encode_pairs(given, long=params.lengths == "long")
            return b"".join(stream_records(PARAMS, id_of(params.cuts.id, unroller), data, params.cuts, names))
        case Content():
            content = names.render(params.data)
            return b"".join(stream_records(params.type, id_of(params.cuts.id, unroller), content, params.cuts, names))
        case Bytes():
            return names.render(params.data)
    raise CannotUnroll(f"the action `{step.step_type}` inside `write` has no form in plain Python")


def emitted(unroller: Unroller, data: bytes) -> str:
    """The expression of bytes as records, as far as they are some."""
    if SLOT.search(data.decode("latin-1")):
        raise CannotUnroll("a FastCGI record contains a value that only a run knows")
    found = []
    while data:
        try:
            one = decode(data)
        except MalformedRecord:
            break
        if isinstance(one, int):
            break
        words = one.name if isinstance(one.name, str) else None
        content = unroller.names.octets(one.content) if one.content else ""
        rest = decode_pairs(one.content)
        if one.type in (PARAMS, GET_VALUES) and rest[0] and encode_pairs(rest[0]) == one.content:
            content = "pairs(" + ", ".join(f"({name!r}, {value!r})" for name, value in rest[0]) + ")"
        padding = f"padding={one.padding}" if one.padding else ""
        reserved = f"reserved={one.reserved}" if one.reserved else ""
        whole = encode(one.type, one.id, one.content, padding=one.padding, reserved=one.reserved)
        if data[: one.size] != whole:
            break
        number_ = f"TYPES[{words!r}]" if words else str(one.type)
        found.append(f"record({arguments(number_, str(one.id), content, padding, reserved)})")
        data = data[one.size :]
    if data:
        found.append(unroller.names.octets(data))
    return " + ".join(found) or "b''"


def action(unroller: Unroller, step: Step) -> None:
    """An action that sends records."""
    sent = ""
    if isinstance(step.params, Content):
        sent = unroller.names.octets(unroller.names.render(step.params.data))
    data = bytes_of(unroller, step)
    text = unroller.delivered(emitted(unroller, data), data)
    unroller.line(f"{unroller.current}.send({arguments(text, sent)})")


def write(unroller: Unroller, step: Step) -> None:
    """``write``: the bytes of several actions, together or cut anywhere."""
    params, names = cast(Write, step.params), unroller.names
    data = emitted(unroller, b"".join(bytes_of(unroller, one) for one in params.script))
    piece = "None" if params.piece is None else number(params.piece, names)
    if params.piece is None and not params.cut_at:
        unroller.line(f"{unroller.current}.send({data})")
        return
    offsets = "".join(f"{number(at, names)}, " for at in params.cut_at)
    cut_at = f"({offsets})" if offsets else ""
    pieces = f"cut({arguments(data, piece, cut_at)})"
    unroller.line(f"{unroller.current}.send_slowly({pieces}, {number(params.every, names)})")


def response(unroller: Unroller, step: Step) -> None:
    """``response``: all that comes for a request."""
    id, facts = id_of(cast(Which, step.params).id, unroller), step.checks.facts
    answer = unroller.name(step.name) if step.name else "answer"
    given = arguments(str(id), unroller.seconds(step.checks.within))
    unroller.line(f"{answer} = {records(unroller)}.response({given})")
    if "open" in facts:
        unroller.line(f"{answer}.open = still_open({unroller.current}, {answer})")
    if not facts & TAKES_NONE:
        unroller.check("outcome", f"{answer}.outcome", "'response'")
    elif not facts & {"outcome", "complete", "open"}:
        unroller.check("outcome", f"{answer}.outcome", "any_of('response', 'rejected', 'empty')")
    if "faults" not in facts:
        unroller.check("faults", f"{answer}.faults", "[]")
    unroller.checks(step, ANSWER, answer, f"{unroller.current}.sent")


def receive(unroller: Unroller, step: Step) -> None:
    """``receive``: one record."""
    type = cast(Next, step.params).type
    word = "" if type is None else unroller.names.expression(type)
    given = arguments(word, unroller.seconds(step.checks.within))
    unroller.line(f"found, outcome = {records(unroller)}.receive({given})")
    unroller.check("outcome", "outcome", "'record'")
    if "faults" not in step.checks.facts:
        unroller.check("faults", "found.faults", "[]")
    unroller.checks(step, RECORD, "found", f"{unroller.current}.sent")


def get_values(unroller: Unroller, step: Step) -> None:
    """``get_values``: a query for variables of the server, and its result."""
    names = cast(GetValuesParams, step.params).names
    reader = records(unroller)
    asked = ", ".join(f"({name.encode()!r}, b'')" for name in names)
    unroller.line(f"{unroller.current}.send(record(TYPES['get_values'], 0, pairs({asked})))")
    within = unroller.seconds(step.checks.within)
    unroller.line(f"found, found_outcome = {reader}.receive_values({within})")
    if "outcome" not in step.checks.facts:
        unroller.check("outcome", "found_outcome", "'result'")
    unroller.checks(step, VALUES, "found")


UNROLLERS = {
    ("step", "fastcgi"): fastcgi,
    **{("fastcgi", name): action for name in ("begin", "params", "stdin", "data", "abort", "record", "send")},
    ("fastcgi", "write"): write,
    ("fastcgi", "response"): response,
    ("fastcgi", "receive"): receive,
    ("fastcgi", "get_values"): get_values,
}
