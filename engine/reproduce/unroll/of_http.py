"""The step ``request``, and scripts on a byte stream, as statements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from engine.model.case import Step
from engine.model.network import UNIX
from engine.model.variables import Variable, fill, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.http1 import Pair
from engine.reproduce.unroll.facts import CLOSED, CONNECT, FLOOD, NAMELESS, READ, RESPONSE
from engine.reproduce.unroll.of_browsing import browse, with_usual
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.unroller import Unroller, arguments
from engine.reproduce.unroll.variables import SLOT, Names, large
from engine.steps.http1.facts import TAKES_BROKEN
from engine.steps.http1.session import request_bytes
from engine.steps.request.facts import OF_CLIENT
from engine.steps.request.step import RequestParams, not_by_library
from engine.steps.shared.sending import Headers, Query, target
from engine.steps.shared.values import text
from engine.steps.stream.actions import Bytes, Drip, HangUp, Reading
from engine.steps.stream.assertions import Awaited, Read, Silence
from engine.steps.stream.connect import ConnectParams
from engine.steps.stream.connect_tls import certificate
from engine.steps.stream.flooding import WRITE, Bounds, Flood
from engine.steps.stream.step import StreamParams

OF_STEP = "step "  # precedes the name of a step whose connection ends with it, which no connection's name can have


def pairs(headers: Headers, names: Names) -> list[Pair]:
    """Headers as bytes, with slots."""
    return [(fill(name, names).encode(), names.render(value)) for name, value in headers]


def number(value: object, names: Names) -> str:
    """The expression of a number."""
    return names.expression(resolve(value, names))


def query_of(query: Query, names: Names) -> Query:
    """A query whose values that only a run knows are refused. Raises CannotUnroll."""
    for _, value in query if isinstance(query, tuple) else ():
        if isinstance(value, Variable) and SLOT.search(str(resolve(value, names))):
            raise CannotUnroll("a query that is encoded contains a value that only a run knows")
    return query


def request(unroller: Unroller, step: Step) -> None:
    """``request``."""
    params, names = cast(RequestParams, step.params), unroller.names
    method = text(params.method, names)
    headers = pairs(params.headers, names)
    if params.cookies is not None or resolve(params.follow, names) is not False:
        browse(unroller, step, target(params.path, query_of(params.query, names), names), headers)
        return
    if not OF_CLIENT.isdisjoint(step.checks.facts) and not not_by_library(params):
        headers = with_usual(headers)
    body = names.render(params.body) if params.body is not None else None
    known = large(params.body, names)
    for _, value in params.headers:
        known |= large(value, names)
    uses_sent = "'sent'" in repr(step.checks)
    body_name = "b''"
    if body is not None and (uses_sent or SLOT.search(body.decode("latin-1"))):
        body_name = unroller.name("body")
        unroller.line(f"{body_name} = {names.octets(body, known)}")
    dynamic = body is not None and SLOT.search(body.decode("latin-1")) is not None
    chunked = dynamic and params.framing == "chunked"
    if chunked and params.trailers:
        raise CannotUnroll("a body in chunks with trailers contains a value that only a run knows")
    length = (b"Transfer-Encoding", b"chunked") if chunked else (b"Content-Length", length_of(body_name, names))
    data = request_bytes(
        method,
        target(params.path, query_of(params.query, names), names),
        host=names.host,
        headers=[*headers, *([length] if dynamic else [])],
        version=text(params.version, names),
        body=None if dynamic else body,
        framing="none" if dynamic else params.framing,
        trailers=pairs(params.trailers, names),
    )
    expression = names.octets(data, known)
    if chunked:
        expression = rf"({expression}) + b'%x\r\n%s\r\n0\r\n\r\n' % (len({body_name}), {body_name})"
    elif dynamic:
        expression = f"({expression}) + {body_name}"
    elif body and body_name != "b''" and data.endswith(body) and not SLOT.search(data.decode("latin-1")):
        expression = f"({names.octets(data[: -len(body)], known)}) + {body_name}"
    facts = step.checks.facts
    connection, own = "", step.connection is None
    if not own or "open" in facts or unroller.tls is not None:
        connection = unroller.open(step.connection)
    reply = unroller.name(step.name) if step.name else "reply"
    given = [
        unroller.delivered(expression, data),
        connection,
        "" if method == "GET" else f"method={names.text(method)}",
        unroller.seconds(step.checks.within),
        "" if params.abandon_after is None else f"abandon_after={number(params.abandon_after, names)}",
        "" if body_name == "b''" else f"body={body_name}",
    ]
    unroller.line(f"{reply} = request({arguments(*given)})")
    if "open" in facts and params.abandon_after is None:
        unroller.line(f"{reply}.open = still_open({connection}, {reply})")
    if not facts & TAKES_BROKEN:
        left = "any_of('response', 'timeout', 'closed', 'reset')" if params.abandon_after is not None else "'response'"
        unroller.check("outcome", f"{reply}.outcome", left)
    unroller.note(
        step, f"{reply}.began", port=f"{reply}.port", connection=step.connection or "", reply=reply, precise=True
    )
    unroller.checks(step, RESPONSE, reply, body_name)
    if connection and own:
        unroller.line(f"{connection}.close()")


def length_of(body: str, names: Names) -> bytes:
    """The slot for the length of a body that only a run knows."""
    names.bind(f"length of {body}", f"len({body})")
    return str(names[f"length of {body}"]).encode()


def tcp(unroller: Unroller, step: Step) -> None:
    """``tcp``."""
    script(unroller, step, cast(StreamParams, step.params).script)


def script(unroller: Unroller, step: Step, steps: Sequence[Step]) -> None:
    """A script on a connection that is opened, or continued."""
    began = unroller.moment(step.name)
    outer, unroller.current = unroller.current, unroller.open(step.connection)
    name = step.name
    if name and not step.connection and name.isidentifier():
        unroller.connections.setdefault(f"{OF_STEP}{name}", unroller.current)
    port = f"{unroller.current}.port"
    if unroller.watched and step.connection is None:
        port = unroller.name(f"{step.name or 'step'}_port")
        unroller.line(f"{port} = {unroller.current}.port")
    unroller.note(step, began, port=port, connection=step.connection or "")
    unroller.run(steps)
    if step.connection is None:
        unroller.line(f"{unroller.current}.close()")
    unroller.current = outer


# Actions and assertions of a script


def send(unroller: Unroller, step: Step) -> None:
    """``send`` and ``write``: bytes in one write."""
    data = cast(Bytes, step.params).data
    unroller.line(
        f"{unroller.current}.send({unroller.delivered(data_of(data, unroller), unroller.names.render(data))})"
    )


def data_of(data: ByteString, unroller: Unroller) -> str:
    """The expression of a byte string."""
    return unroller.names.octets(unroller.names.render(data), large(data, unroller.names))


def drip(unroller: Unroller, step: Step) -> None:
    """``drip``: bytes in pieces."""
    params, names = cast(Drip, step.params), unroller.names
    piece = "None" if params.piece is None else number(params.piece, names)
    offsets = ", ".join(number(at, names) for at in params.cut_at)
    cut_at = f"({offsets},)" if offsets else ""
    every = number(params.every, names)
    unroller.line(
        f"{unroller.current}.send_slowly(cut({arguments(data_of(params.data, unroller), piece, cut_at)}), {every})"
    )


def hang_up(unroller: Unroller, step: Step) -> None:
    """``hang_up``."""
    way = text(cast(HangUp, step.params).way, unroller.names)
    method = {"write": "close_writing", "both": "close", "fin": "close_without_alert", "reset": "reset"}[way]
    unroller.line(f"{unroller.current}.{method}()")


def reading(unroller: Unroller, step: Step) -> None:
    """``reading``: the client only reads when it waits for something, so this stops reading during pauses."""
    on = number(cast(Reading, step.params).on, unroller.names)
    unroller.line(f"{unroller.current}.reads = {on}")


def response(unroller: Unroller, step: Step) -> None:
    """``response``."""
    method = text(cast(Awaited, step.params).method, unroller.names)
    to = "" if method == "GET" else f"method={method!r}"
    reply = unroller.name(step.name) if step.name else "reply"
    facts = step.checks.facts
    given = arguments(unroller.current, to, unroller.seconds(step.checks.within))
    unroller.line(f"{reply} = response({given})")
    if "open" in facts:
        unroller.line(f"{reply}.open = still_open({unroller.current}, {reply})")
    if not facts & TAKES_BROKEN:
        unroller.check("outcome", f"{reply}.outcome", "'response'")
    unroller.checks(step, RESPONSE, reply, f"{unroller.current}.sent")


def read(unroller: Unroller, step: Step) -> None:
    """``read``."""
    params, names = cast(Read, step.params), unroller.names
    size = "" if params.size is None else f"size={number(params.size, names)}"
    until = "" if params.until is None else f"until={data_of(params.until, unroller)}"
    unroller.line(f"data = {unroller.current}.read({arguments(size, until, unroller.seconds(step.checks.within))})")
    if params.size is not None:
        unroller.check("bytes", "data", f"length({number(params.size, names)})")
    if params.until is not None:
        unroller.check("bytes", "data", f"ends_with({data_of(params.until, unroller)})")
    unroller.checks(step, READ, "data", f"{unroller.current}.sent")


def closed(unroller: Unroller, step: Step) -> None:
    """``closed`` on a plain connection."""
    unroller.line(f"end = Closed({arguments(unroller.current, unroller.seconds(step.checks.within))})")
    unroller.check("the end of the connection", "end.how", "any_of('fin', 'tls', 'reset')")
    unroller.checks(step, CLOSED, "end", f"{unroller.current}.sent")


def silence(unroller: Unroller, step: Step) -> None:
    """``silence``."""
    time = number(cast(Silence, step.params).time, unroller.names)
    unroller.check(f"bytes within {time} s", f"{unroller.current}.silence({time})", "b''")


def flooded(unroller: Unroller, step: Step, piece: str, size: int, bounds: Bounds, *, whole: bool = False) -> None:
    """Write a flood of ``piece``, an expression for so many bytes; a ``whole`` piece is never cut."""
    names = unroller.names
    limits = []
    if bounds.up_to is not None:
        up_to = int(str(resolve(bounds.up_to, names)))
        limits.append(-(-up_to // size) * size if whole else up_to)
    if bounds.times is not None:
        limits.append(int(str(resolve(bounds.times, names))) * size)
    write = f"write={max(1, WRITE // size)}" if whole else ""
    blocked = f"blocked_for={number(bounds.blocked_for, names)}"
    unroller.line(f"flood = Flood({arguments(unroller.current, piece, f'up_to={min(limits)}', blocked, write)})")
    unroller.checks(step, FLOOD, "flood")


def flood(unroller: Unroller, step: Step) -> None:
    """``flood``."""
    params = cast(Flood, step.params)
    flooded(unroller, step, data_of(params.of, unroller), len(unroller.names.render(params.of)), params.bounds)


def connect(unroller: Unroller, step: Step) -> None:
    """``connect``: a named connection that stays open."""
    params, names = cast(ConnectParams, step.params), unroller.names
    variable = unroller.name(step.name or "connection")
    unroller.connections[step.name or variable] = variable
    address = "" if params.address is None else f"({names.text(text(params.address, names))}, PORT)"
    buffer = "" if params.receive_buffer is None else f"receive_buffer={number(params.receive_buffer, names)}"
    context, shown = tls_context(unroller, params)
    given = arguments(f"address={address}" if address else "", buffer, context)
    began = unroller.moment(step.name)
    unroller.line(f"{variable}_outcome, {variable}, {variable}_error = connect({given})")
    facts = step.checks.facts
    if any(fact.startswith("tls.") for fact in facts):
        unroller.line(f"{variable}_tls = Session({arguments(variable, f'{variable}_error', shown)})")
    if "outcome" not in facts:
        unroller.check("outcome", f"{variable}_outcome", "'connected'")
    unix = unroller.listen == UNIX
    if "remote" in facts:
        own = "HOST, None" if unix else "HOST, PORT"
        unroller.line(f"{variable}_remote = [{address[1:-1] if address else own}]")
    if params.preamble is not None:
        with unroller.block(f"if {variable} is not None:"):
            unroller.line(f"{variable}.send({data_of(params.preamble, unroller)})")
    unroller.note(step, began, port=f"{variable}.port", connection=step.name or "")
    unroller.checks(step, NAMELESS if unix else CONNECT, variable)


def tls_context(unroller: Unroller, params: ConnectParams) -> tuple[str, str]:
    """The argument ``context=...`` of a connection, and that of the session for the certificate; "" for a plain one."""
    options, names = params.tls, unroller.names
    if options.on is False or (options.on is None and unroller.tls is None):
        return "", ""
    wanted = certificate(resolve(options.client_cert, names))
    file = {"": unroller.tls or "", "ours": "client.pem", "wrong": "wrong.pem", "none": ""}.get(wanted, "client.pem")
    version = text(options.version, names)
    alpn = tuple(text(word, names) for word in options.alpn)
    shown = f"certificate={file!r}" if file else ""
    given = [f"alpn={alpn!r}" if alpn != ("http/1.1",) else "", f"version={version!r}" if version else "", shown]
    return f"context=tls({arguments(*given)})", shown


_STREAM = {
    "send": send, "drip": drip, "hang_up": hang_up, "reading": reading, "read": read, "closed": closed,
    "silence": silence, "flood": flood,
}  # fmt: skip
UNROLLERS = {
    ("step", "request"): request,
    ("step", "tcp"): tcp,
    ("step", "connect"): connect,
    ("tcp", "response"): response,
    **{("tcp", name): function for name, function in _STREAM.items()},
    **{
        ("websocket", name): function
        for name, function in _STREAM.items()
        if name not in ("send", "closed", "drip", "flood")
    },
    ("websocket", "write"): send,
    **{("fastcgi", name): function for name, function in _STREAM.items()},
    ("websocket", "response"): response,
}
