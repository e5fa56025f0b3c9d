"""The step ``websocket`` as statements. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from engine.model.case import Step
from engine.model.variables import fill, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.websocket import CLOSE, NAMES, encode
from engine.reproduce.unroll.facts import CLOSED, FRAME, MESSAGE, RESPONSE
from engine.reproduce.unroll.of_http import data_of, flooded, number, pairs, query_of
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.unroller import Unroller, arguments
from engine.reproduce.unroll.variables import SLOT, large
from engine.steps.http1.facts import TAKES_BROKEN
from engine.steps.http1.session import request_bytes
from engine.steps.shared.sending import target
from engine.steps.stream.actions import Bytes
from engine.steps.websocket.actions import Close, Drip, FramesToSend, Rest, Send
from engine.steps.websocket.flooding import Flood
from engine.steps.websocket.frames import EncodedFrame, FrameSpec, encoded, stopped
from engine.steps.websocket.step import WebSocketParams

# The key of RFC 6455's own example, so that the bytes are the same in each run.
MASK = b"\x12\x34\x56\x78"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def websocket(unroller: Unroller, step: Step) -> None:
    """``websocket``: a handshake, or a connection that goes on, and a script."""
    params = cast(WebSocketParams, step.params)
    outer = unroller.current
    if params.connect is None:
        began = unroller.moment(step.name)
        unroller.current = unroller.connections[step.connection or ""]
        unroller.note(step, began, port=f"{unroller.current}.port", connection=step.connection or "")
        unroller.run(params.script)
        unroller.current = outer
        return
    unroller.current = unroller.open(step.connection)
    reply = handshake(unroller, step, params)
    if params.script or step.connection is not None:
        socket = unroller.name("websocket" if unroller.current == "connection" else f"{unroller.current}_websocket")
        unroller.websockets[unroller.current] = socket
        unroller.line(f"{socket} = WebSocket({unroller.current}, {reply})")
        unroller.run(params.script)
    if step.connection is None:
        unroller.line(f"{unroller.current}.close()")
    unroller.current = outer


def handshake(unroller: Unroller, step: Step, params: WebSocketParams) -> str:
    """Write the handshake and its checks. Returns the variable of the response."""
    names, facts = unroller.names, step.checks.facts
    headers = pairs(params.headers, names)
    subprotocols = [fill(name, names) for name in params.subprotocols]
    offers = [fill(offer, names) for offer in params.offer]
    asking = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", KEY)]
    asking.append(("Sec-WebSocket-Version", "13"))
    if subprotocols:
        asking.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    if offers:
        asking.append(("Sec-WebSocket-Extensions", ", ".join(offers)))
    given = {name.lower(): value for name, value in headers}
    added = [(name.encode(), value.encode()) for name, value in asking if name.lower().encode() not in given]
    path = target(params.connect or "/", query_of(params.query, names), names)
    data = request_bytes("GET", path, host=names.host, headers=headers, added=added, framing="none")
    known = {part: text for _, value in params.headers for part, text in large(value, names).items()}
    reply = unroller.name(step.name) if step.name else "reply"
    call = arguments(
        unroller.delivered(names.octets(data, known), data), unroller.current, unroller.seconds(step.checks.within)
    )
    unroller.line(f"{reply} = request({call})")
    unroller.note(
        step, f"{reply}.began", port=f"{reply}.port", connection=step.connection or "", reply=reply, precise=True
    )
    if not facts & TAKES_BROKEN:
        unroller.check("outcome", f"{reply}.outcome", "'response'")
    if "open" in facts:
        unroller.line(f"{reply}.open = still_open({unroller.current}, {reply})")
    if params.script and "status" not in facts:
        unroller.check("status", f"{reply}.status", "101")
    agreed = {"header.upgrade", "header.connection", "header.sec-websocket-accept", "subprotocol", "extensions"}
    if params.script and not facts & agreed:
        key = given.get(b"sec-websocket-key", KEY.encode()).decode("latin-1")
        offered = [offer.partition(";")[0].strip().lower() for offer in offers]
        unroller.check(
            "faults of the handshake", f"handshake_faults({reply}, {key!r}, {subprotocols!r}, {offered!r})", "[]"
        )
    unroller.checks(step, RESPONSE, reply)
    return reply


def socket_of(unroller: Unroller) -> str:
    """The variable of the WebSocket of the script under way. Raises CannotUnroll where none was opened."""
    found = unroller.websockets.get(unroller.current)
    if found is None:
        raise CannotUnroll("a script continues a WebSocket that another kind of step opened")
    return found


def send(unroller: Unroller, step: Step) -> None:
    """``send``: a message."""
    params, socket = cast(Send, step.params), socket_of(unroller)
    payload = payload_of(params, unroller)
    data = unroller.names.octets(payload, large(params.data, unroller.names))
    if unroller.case.delivery.whole:
        unroller.line(f"{socket}.send({NAMES[params.opcode]!r}, {data})")
        return
    whole = encode(params.opcode, payload, key=MASK)
    framed = f"frame(OPCODES[{NAMES[params.opcode]!r}], {data})"
    unroller.line(f"{socket}.send_frames({unroller.delivered(framed, whole)}, {data})")


def payload_of(params: Send, unroller: Unroller) -> bytes:
    """The payload of a message, with slots."""
    if params.data is not None:
        return unroller.names.render(params.data)
    return json.dumps(resolve(params.value, unroller.names), ensure_ascii=False).encode()


def frames(unroller: Unroller, step: Step) -> None:
    """``frames``: frames in one write, the last one possibly not to its end."""
    specs = cast(FramesToSend, step.params).frames
    text, payload, made = all_frames(unroller, specs)
    whole = b"".join(one.data for one in made)
    end = len(whole) - len(made[-1].data) + stopped(specs[-1], unroller.names, made[-1])
    if end < len(whole):
        refuse_unknown(made)
        unroller.line(f"frames = {text}")
        unroller.line(f"{socket_of(unroller)}.send_frames(frames[:{end}], {payload})")
        unroller.line(f"rest = frames[{end}:]")
        return
    unroller.line(f"{socket_of(unroller)}.send_frames({unroller.delivered(text, whole)}, {payload})")


def all_frames(unroller: Unroller, specs: Sequence[FrameSpec]) -> tuple[str, str, list[EncodedFrame]]:
    """The expression of frames, that of the payload of their messages, and the frames."""
    for data in (one for spec in specs for one in (spec.payload, *spec.fragments)):
        unroller.names.render(data)
    made = [one for spec in specs for one in encoded(spec, unroller.names)]
    if any(one.opcode == CLOSE for one in made):
        unroller.line(f"{socket_of(unroller)}.close_sent = True")
    texts = [frame(spec, unroller) for spec in specs]
    payload = unroller.names.octets(b"".join(one.content for one in made), large_of(specs, unroller))
    return " + ".join(texts), payload, made


def refuse_unknown(made: Sequence[EncodedFrame]) -> None:
    """Raise CannotUnroll for frames whose length depends on a value that only a run knows."""
    if any(SLOT.search(one.payload.decode("latin-1")) for one in made):
        raise CannotUnroll("a frame that is cut or counted contains a value that only a run knows")


def large_of(specs: Sequence[FrameSpec], unroller: Unroller) -> dict[bytes, str]:
    """Expressions for the long parts of payloads."""
    found: dict[bytes, str] = {}
    for spec in specs:
        for one in (spec.payload, *spec.fragments):
            found |= large(one, unroller.names)
    return found


def frame(spec: FrameSpec, unroller: Unroller) -> str:
    """The expression of a frame, or of the frames of a message in fragments."""
    names, given = unroller.names, dict(spec.options)
    made = encoded(spec, names)
    fin, rsv1 = (resolve(given.get(name, default), names) for name, default in (("fin", True), ("rsv1", False)))
    words = []
    for index, one in enumerate(made):
        options = ["fin=False"] if not fin or index < len(made) - 1 else []
        options += ["rsv1=True"] if rsv1 and not index else []
        for name in ("rsv2", "rsv3", "length_as", "claim_length"):
            options += [f"{name}={number(given[name], names)}"] if name in given else []
        mask = given.get("mask")
        if isinstance(mask, ByteString):
            options.append(f"key={names.octets(names.render(mask))}")
        elif mask is not None and resolve(mask, names) is False:
            options.append("mask=False")
        elif mask is not None and isinstance(resolve(mask, names), bytes):
            options.append(f"key={number(mask, names)}")
        word = f"OPCODES[{NAMES[one.opcode]!r}]" if one.opcode in NAMES else str(one.opcode)
        words.append(f"frame({arguments(word, names.octets(one.payload, large_of([spec], unroller)), *options)})")
    return " + ".join(words)


def rest(unroller: Unroller, step: Step) -> None:
    """``rest``: the bytes of a frame that were held back, or the first of them."""
    size = cast(Rest, step.params).size
    socket = socket_of(unroller)
    if size is None:
        unroller.line(f"{socket}.connection.send(rest)")
        return
    count = number(size, unroller.names)
    unroller.line(f"{socket}.connection.send(rest[:{count}])")
    unroller.line(f"rest = rest[{count}:]")


def drip(unroller: Unroller, step: Step) -> None:
    """``drip``: bytes or frames in pieces."""
    params, names = cast(Drip, step.params), unroller.names
    pieces = params.pieces
    if params.data is not None:
        text, payload = data_of(params.data, unroller), ""
    else:
        text, payload, _ = all_frames(unroller, params.frames)
    piece = "None" if pieces.piece is None else number(pieces.piece, names)
    offsets = "".join(f"{number(at, names)}, " for at in pieces.cut_at)
    cut = f"cut({arguments(text, piece, f'({offsets})' if offsets else '')})"
    given = arguments(cut, number(pieces.every, names), payload)
    unroller.line(f"{socket_of(unroller)}.connection.send_slowly({given})")


def flood(unroller: Unroller, step: Step) -> None:
    """``flood``: frames or bytes again and again."""
    params = cast(Flood, step.params)
    if params.of is not None:
        data = unroller.names.render(params.of)
        flooded(unroller, step, data_of(params.of, unroller), len(data), params.bounds)
        return
    text, _, made = all_frames(unroller, params.frames)
    refuse_unknown(made)
    flooded(unroller, step, text, sum(len(one.data) for one in made), params.bounds, whole=True)


def close(unroller: Unroller, step: Step) -> None:
    """``close``: a close frame."""
    params = cast(Close, step.params)
    code = "" if params.code is None else number(params.code, unroller.names)
    reason = "" if params.reason is None else data_of(params.reason, unroller)
    unroller.line(f"{socket_of(unroller)}.close({arguments(code, reason)})")


def receive(unroller: Unroller, step: Step) -> None:
    """``receive``: a message of the server."""
    unroller.line(f"message = {socket_of(unroller)}.receive({unroller.seconds(step.checks.within)})")
    unroller.check("outcome", "message.outcome", "'message'")
    unroller.checks(step, MESSAGE, "message", f"{unroller.current}.sent")


def read_frame(unroller: Unroller, step: Step) -> None:
    """``frame``: a frame of the server."""
    unroller.line(f"found, outcome = {socket_of(unroller)}.read_frame({unroller.seconds(step.checks.within)})")
    unroller.check("outcome", "outcome", "'frame'")
    unroller.checks(step, FRAME, "found", f"{unroller.current}.sent")


def ping(unroller: Unroller, step: Step) -> None:
    """``ping``: a ping, and its pong."""
    data = data_of(cast(Bytes, step.params).data, unroller)
    unroller.check("the answer to a ping", f"{socket_of(unroller)}.ping({data})", "'pong'")


def closed(unroller: Unroller, step: Step) -> None:
    """``closed`` on a WebSocket."""
    given = arguments(socket_of(unroller), unroller.seconds(step.checks.within))
    unroller.line(f"end = WebSocketClosed({given})")
    unroller.check("connection still open", "end.open", "False")
    unroller.checks(step, CLOSED, "end", f"{unroller.current}.sent")


UNROLLERS = {
    ("step", "websocket"): websocket,
    ("websocket", "send"): send,
    ("websocket", "frames"): frames,
    ("websocket", "rest"): rest,
    ("websocket", "drip"): drip,
    ("websocket", "flood"): flood,
    ("websocket", "close"): close,
    ("websocket", "receive"): receive,
    ("websocket", "frame"): read_frame,
    ("websocket", "ping"): ping,
    ("websocket", "closed"): closed,
}
