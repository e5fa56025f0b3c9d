"""Faults in permessage-deflate, in its negotiation and its messages, and in the limit of a WebSocket message."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from websockets.exceptions import NegotiationError, PayloadTooBig
from websockets.frames import CTRL_OPCODES, Frame, Opcode

from ..deflate import Deflate, Deflates, ServerInflater
from ..frames import ClientFrames, Protocol
from ..session import WebSocketConversation
from .base import Event, Install, Mutant, replaced, together

Params = list[tuple[str, str | None]]
TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
BITS = ("server_max_window_bits", "client_max_window_bits")
TAIL = b"\x00\x00\xff\xff"


def _offered(change: Callable[[Params], Params]) -> Install:
    """Change the parameters of an offer before they are read."""

    def wrong(right: Any) -> Any:
        return lambda self, params, accepted: right(self, change(list(params)), accepted)

    return replaced(Deflates, "process_request_params", wrong)


def _agreed(change: Callable[[Params, Params, Deflate], Params]) -> Install:
    """Change the response. ``change`` gets the offer, the response and the extension, and returns the response."""

    def wrong(right: Any) -> Any:
        def process(self: Any, params: Params, accepted: Any) -> Any:
            answer, extension = right(self, params, accepted)
            return change(list(params), list(answer), extension), extension

        return process

    return replaced(Deflates, "process_request_params", wrong)


def _first_of_each(params: Params) -> Params:
    return list({name: (name, value) for name, value in reversed(params)}.values())


def _clamped(params: Params) -> Params:
    return [
        (name, str(max(8, min(15, int(value)))) if name in BITS and value and value.lstrip("+-").isdigit() else value)
        for name, value in params
    ]


def _as_numbers(params: Params) -> Params:
    return [
        (name, str(int(value)) if name in BITS and value and value.lstrip("+").isdigit() else value)
        for name, value in params
    ]


def _bits_kept(offer: Params, answer: Params, extension: Deflate) -> Params:
    """Compress with the largest window, whatever was agreed on."""
    extension.local_max_window_bits = 15
    extension.encoder = zlib.compressobj(wbits=-15)
    return answer


def _takeover_kept(offer: Params, answer: Params, extension: Deflate) -> Params:
    """Go on with the window of the message before."""
    if extension.local_no_context_takeover:
        extension.local_no_context_takeover = False
        extension.encoder = zlib.compressobj(wbits=-extension.local_max_window_bits)
    return answer


def _client_context_lost(offer: Params, answer: Params, extension: Deflate) -> Params:
    extension.remote_no_context_takeover = True
    return answer


SHARED: list[Any] = []


def _one_decoder(offer: Params, answer: Params, extension: Deflate) -> Params:
    """Inflate the messages of all connections by one decompressor."""
    if not SHARED:
        SHARED.append(extension._inflater)
    extension._inflater = SHARED[0]
    return answer


def _raised(offer: Params, answer: Params, extension: Deflate) -> Params:
    return [(name, "15" if name == BITS[0] else value) for name, value in answer]


def _without(name: str) -> Callable[[Params, Params, Deflate], Params]:
    return lambda offer, answer, extension: [pair for pair in answer if pair[0] != name]


def _unasked(offer: Params, answer: Params, extension: Deflate) -> Params:
    return answer if BITS[1] in dict(offer) else [*answer, (BITS[1], "12")]


def _declined(right: Any) -> Any:
    """Decline an offer without parameters."""

    def process(self: Any, params: Params, accepted: Any) -> Any:
        if not params:
            raise NegotiationError("an offer without parameters")
        return right(self, params, accepted)

    return process


def _all_accepted(right: Any) -> Any:
    return lambda self, params, accepted: right(self, params, [])


def _decoded(change: Callable[[Callable[..., Frame], Deflate, Frame, int | None], Frame]) -> Install:
    """Change the inflating of a frame. ``change`` gets the right function, its arguments, and the limit."""

    def wrong(right: Any) -> Any:
        def decode(self: Deflate, frame: Frame, *, max_size: int | None = None) -> Frame:
            return change(right, self, frame, max_size)

        return decode

    return replaced(Deflate, "decode", wrong)


def _encoded(change: Callable[[Frame, Frame], Frame]) -> Install:
    """Change a compressed frame of the server. ``change`` gets the frame before and after."""

    def wrong(right: Any) -> Any:
        return lambda self, frame: change(frame, right(self, frame))

    return replaced(Deflate, "encode", wrong)


def _plain_refused(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    if frame.opcode in (Opcode.TEXT, Opcode.BINARY) and not frame.rsv1:
        return Frame(frame.opcode, frame.data, frame.fin, rsv2=True)
    return right(self, frame, max_size=limit)  # type: ignore[no-any-return]  # a method of websockets


def _lost_at_controls(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Take the message behind a control frame for one that is not compressed."""
    touched, vars(self)["touched"] = vars(self).get("touched", False), frame.opcode in CTRL_OPCODES
    if touched and frame.rsv1 and frame.opcode in (Opcode.TEXT, Opcode.BINARY):
        return Frame(frame.opcode, frame.data, frame.fin)
    return right(self, frame, max_size=limit)  # type: ignore[no-any-return]  # a method of websockets


def _kept_at_controls(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Take each message behind a control frame that came first for one that is not compressed."""
    kept = vars(self).setdefault("kept", frame.opcode in CTRL_OPCODES)
    if kept and frame.rsv1:
        return Frame(frame.opcode, frame.data, frame.fin)
    return right(self, frame, max_size=limit)  # type: ignore[no-any-return]  # a method of websockets


def _end_lost_at_a_length(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Append nothing to compressed data of 2,044 bytes, so that the next message is misread."""
    found = right(self, frame, max_size=limit)
    odd, vars(self)["odd"] = vars(self).get("odd", False), frame.rsv1 and len(frame.data) == 2044
    if odd and frame.rsv1:
        return Frame(found.opcode, b"", found.fin)
    return found  # type: ignore[no-any-return]  # a method of websockets


def _on_behind_an_empty_end(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Take the fragments behind a compressed message whose last frame is empty for compressed ones."""
    compressed = self.decode_cont_data
    found = right(self, frame, max_size=limit)
    if compressed and frame.opcode is Opcode.CONT and not frame.data:
        self.decode_cont_data = True
    return found  # type: ignore[no-any-return]  # a method of websockets


def _corrupt_dropped(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Take data that cannot be inflated for none."""
    try:
        return right(self, frame, max_size=limit)  # type: ignore[no-any-return]  # a method of websockets
    except PayloadTooBig:
        raise
    except Exception:
        return Frame(frame.opcode, b"", frame.fin)


def _text_repaired(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    packed = frame.rsv1
    found = right(self, frame, max_size=limit)
    if packed and frame.opcode is Opcode.TEXT and frame.fin:
        return Frame(found.opcode, bytes(found.data).decode("utf-8", "replace").encode(), True)
    return found  # type: ignore[no-any-return]  # a method of websockets


def _unlimited(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    return right(self, frame, max_size=None)  # type: ignore[no-any-return]  # a method of websockets


def _limited_afterwards(right: Any, self: Deflate, frame: Frame, limit: int | None) -> Frame:
    """Compare the length with the limit once everything is inflated."""
    found = right(self, frame, max_size=None)
    if limit is not None and len(found.data) > limit:
        raise PayloadTooBig(len(found.data), limit)
    return found  # type: ignore[no-any-return]  # a method of websockets


def _ends_at_the_last_block(right: Any) -> Any:
    """Inflate nothing behind a block that is the last one."""

    def decompress(self: ServerInflater, data: bytes, max_length: int = 0) -> bytes:
        return self._stream.decompress(data, max_length)

    return decompress


def _stored_refused(right: Any) -> Any:
    def decompress(self: ServerInflater, data: bytes, max_length: int = 0) -> bytes:
        if len(data) > 100 and data[:1] in (b"\x00", b"\x01"):
            raise zlib.error("a stored block")
        return bytes(right(self, data, max_length))

    return decompress


def _first_flush_only(right: Any) -> Any:
    """Take the first flush for the end of the message."""

    def decompress(self: ServerInflater, data: bytes, max_length: int = 0) -> bytes:
        end = bytes(data).find(TAIL)
        return bytes(right(self, data[: end + 4] if end >= 0 else data, max_length))

    return decompress


def _empty_refused(right: Any) -> Any:
    def decompress(self: ServerInflater, data: bytes, max_length: int = 0) -> bytes:
        if data in (b"\0" + TAIL, b"\2\0" + TAIL):
            raise zlib.error("an empty message")
        return bytes(right(self, data, max_length))

    return decompress


def _tail_kept(before: Frame, after: Frame) -> Frame:
    if before.opcode in CTRL_OPCODES:
        return after
    return Frame(after.opcode, bytes(after.data) + TAIL, after.fin, after.rsv1)


def _controls_marked(before: Frame, after: Frame) -> Frame:
    return Frame(after.opcode, after.data, after.fin, True) if before.opcode in CTRL_OPCODES else after


def _unmarked(before: Frame, after: Frame) -> Frame:
    return Frame(after.opcode, after.data, after.fin)


# the limit


def _limit(change: Callable[[int], int]) -> Install:
    def wrong(right: Any) -> Any:
        return lambda self, limit, extensions: right(self, change(limit), extensions)

    return replaced(Protocol, "__init__", wrong)


def _frames_only(right: Any) -> Any:
    """Limit each frame, and not the message."""

    def recv_frame(self: Protocol, frame: Frame) -> None:
        right(self, frame)
        if self.current_size is not None:
            self.current_size = 0

    return recv_frame


def _controls_counted(right: Any) -> Any:
    def recv_frame(self: Protocol, frame: Frame) -> None:
        right(self, frame)
        if self.current_size is not None and frame.opcode in CTRL_OPCODES:
            self.current_size += len(frame.data)

    return recv_frame


def _characters(right: Any) -> Any:
    """Limit the characters of a text."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        right(self, frame, messages)
        limit = self._protocol.max_message_size // 4
        if messages and len(messages[-1]) > limit:
            messages.pop()
            self._fail(1009, "")

    return take


def _all_messages(right: Any) -> Any:
    """Limit all messages of a connection together, to eight times the limit."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        total = vars(self)["total"] = vars(self).get("total", 0) + len(frame.data)
        if total > 8 * self._protocol.max_message_size:
            self._fail(1009, "")
            return
        right(self, frame, messages)

    return take


def _whole_messages(right: Any) -> Any:
    """Compare with the limit when the message is complete."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        right(self, frame, messages)
        limit = self._protocol.max_message_size >> 20
        if messages and len(messages[-1]) > limit:
            messages.pop()
            self._fail(1009, "")

    return take


def _own_messages(right: Any) -> Any:
    def message(self: WebSocketConversation, event: Event) -> None:
        limit = self._service.options.message_limit
        if len(event.get("text") or event.get("bytes") or "") > limit:
            self._close(1009, "")
            return
        right(self, event)

    return message


def _code(right: Any) -> Any:
    """Close with 1002 in place of 1009."""
    return lambda self, code, reason="": right(self, 1002 if code == 1009 else code, reason)


MUTANTS: Mapping[str, Mutant] = {
    "ws-deflate-unknown-parameters-accepted": Mutant(
        "unknown parameters of an offer are ignored",
        _offered(lambda params: [pair for pair in params if pair[0] in (*TAKEOVER, *BITS)]),
    ),
    "ws-deflate-repeated-parameters-accepted": Mutant("repeated parameters are accepted", _offered(_first_of_each)),
    "ws-deflate-takeover-values-accepted": Mutant(
        "values of parameters without one are ignored",
        _offered(lambda params: [(name, None if name in TAKEOVER else value) for name, value in params]),
    ),
    "ws-deflate-bits-clamped": Mutant("numbers of bits that do not exist are made ones that do", _offered(_clamped)),
    "ws-deflate-bits-with-zeros-accepted": Mutant(
        "numbers of bits may have a sign or leading zeros", _offered(_as_numbers)
    ),
    "ws-deflate-bits-without-a-value": Mutant(
        "server_max_window_bits needs no value",
        _offered(lambda params: [(name, value or ("15" if name == BITS[0] else None)) for name, value in params]),
    ),
    "ws-deflate-words-ignored": Mutant(
        "a number of bits in words is ignored",
        _offered(lambda params: [one for one in params if one[0] not in BITS or not one[1] or one[1].isdigit()]),
    ),
    "ws-deflate-client-bits-unasked": Mutant("client_max_window_bits is answered without an offer", _agreed(_unasked)),
    "ws-deflate-takeover-unanswered": Mutant(
        "server_no_context_takeover is missing in the response", _agreed(_without(TAKEOVER[0]))
    ),
    "ws-deflate-takeover-kept": Mutant(
        "the server keeps its window although it agreed not to", _agreed(_takeover_kept)
    ),
    "ws-deflate-bits-unanswered": Mutant(
        "server_max_window_bits is missing in the response", _agreed(_without(BITS[0]))
    ),
    "ws-deflate-bits-raised": Mutant("server_max_window_bits is always answered with 15", _agreed(_raised)),
    "ws-deflate-bits-kept": Mutant("the server compresses with the largest window", _agreed(_bits_kept)),
    "ws-deflate-client-context-lost": Mutant(
        "each message is inflated with an empty window", _agreed(_client_context_lost)
    ),
    "ws-deflate-shared-window": Mutant("all connections have one window", _agreed(_one_decoder)),
    "ws-deflate-bare-declined": Mutant(
        "an offer without parameters is declined", replaced(Deflates, "process_request_params", _declined)
    ),
    "ws-deflate-each-offer-accepted": Mutant(
        "several offers are accepted", replaced(Deflates, "process_request_params", _all_accepted)
    ),
    "ws-deflate-plain-refused": Mutant("messages that are not compressed are refused", _decoded(_plain_refused)),
    "ws-deflate-lost-at-controls": Mutant(
        "a compressed message behind a control frame is not inflated", _decoded(_lost_at_controls)
    ),
    "ws-deflate-kept-at-controls": Mutant(
        "no message is inflated if a control frame came first", _decoded(_kept_at_controls)
    ),
    "ws-deflate-end-lost-at-a-length": Mutant(
        "compressed data of 2,044 bytes lack the end that is appended", _decoded(_end_lost_at_a_length)
    ),
    "ws-deflate-on-behind-an-empty-end": Mutant(
        "a compressed message that ends in an empty frame goes on in the fragments of the next one",
        _decoded(_on_behind_an_empty_end),
    ),
    "ws-deflate-corrupt-dropped": Mutant("data that cannot be inflated are dropped", _decoded(_corrupt_dropped)),
    "ws-deflate-text-unchecked": Mutant("text is not checked once it is inflated", _decoded(_text_repaired)),
    "ws-deflate-last-block-ends": Mutant(
        "nothing is inflated behind a last block", replaced(ServerInflater, "decompress", _ends_at_the_last_block)
    ),
    "ws-deflate-stored-refused": Mutant(
        "stored blocks are refused", replaced(ServerInflater, "decompress", _stored_refused)
    ),
    "ws-deflate-first-flush-ends": Mutant(
        "a message ends at its first flush", replaced(ServerInflater, "decompress", _first_flush_only)
    ),
    "ws-deflate-empty-refused": Mutant(
        "empty compressed messages are refused", replaced(ServerInflater, "decompress", _empty_refused)
    ),
    "ws-deflate-tail-kept": Mutant("compressed messages end with 00 00 ff ff", _encoded(_tail_kept)),
    "ws-deflate-controls-marked": Mutant("the server sets RSV1 in control frames", _encoded(_controls_marked)),
    "ws-deflate-unmarked": Mutant("the server compresses without RSV1", _encoded(_unmarked)),
    "ws-deflate-unlimited": Mutant("inflated messages have no limit", _decoded(_unlimited)),
    "ws-deflate-limited-afterwards": Mutant(
        "inflated messages are compared with the limit at their end", _decoded(_limited_afterwards)
    ),
    "ws-limit-one-less": Mutant("the limit of a message is one byte less", _limit(lambda limit: limit - 1)),
    "ws-limit-one-more": Mutant("the limit of a message is one byte more", _limit(lambda limit: limit + 1)),
    "ws-limit-of-frames": Mutant("the limit is one of each frame", replaced(Protocol, "recv_frame", _frames_only)),
    "ws-limit-counts-controls": Mutant(
        "control frames count as part of the message", replaced(Protocol, "recv_frame", _controls_counted)
    ),
    "ws-limit-in-characters": Mutant(
        "the limit counts characters",
        together(_limit(lambda limit: limit * 4), replaced(ClientFrames, "_take", _characters)),
    ),
    "ws-limit-of-all-messages": Mutant(
        "the limit is one of all messages of a connection", replaced(ClientFrames, "_take", _all_messages)
    ),
    "ws-limit-of-whole-messages": Mutant(
        "a message is compared with the limit at its end",
        together(_limit(lambda limit: limit << 20), replaced(ClientFrames, "_take", _whole_messages)),
    ),
    "ws-limit-of-own-messages": Mutant(
        "the limit is one of the application's messages too", replaced(WebSocketConversation, "_message", _own_messages)
    ),
    "ws-limit-closes-with-1002": Mutant(
        "a message beyond the limit closes with 1002", replaced(Protocol, "fail", _code)
    ),
}
