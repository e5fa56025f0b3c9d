"""Faults in the text of WebSocket messages: sequences that are no UTF-8, and valid text that arrives changed."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from websockets.frames import Frame, Opcode

from ..frames import ClientFrames
from .base import Install, Mutant, replaced

LARGE = 64 * 1024
_TAIL = b"[\x80-\xbf]"
_OVERLONG = re.compile(
    b"[\xc0\xc1]%b|\xe0[\x80-\x9f]%b|\xf0[\x80-\x8f]%b{2}|\xf8[\x80-\x87]%b{3}|\xfc[\x80-\x83]%b{4}" % ((_TAIL,) * 5)
)
_ABOVE = re.compile(b"\xf4[\x90-\xbf]%b{2}|[\xf5-\xf7]%b{3}" % (_TAIL, _TAIL))
_LONGER = re.compile(b"[\xf8-\xfb]%b{4}|[\xfc\xfd]%b{5}" % (_TAIL, _TAIL))
_UNFINISHED = re.compile(b"(?:[\xc2-\xdf]|[\xe0-\xef]%b?|[\xf0-\xf4]%b{0,2})(?=[\x00-\x7f])" % (_TAIL, _TAIL))
_SURROGATE_PAIR = re.compile(b"\xed[\xa0-\xaf]%b\xed[\xb0-\xbf]%b" % (_TAIL, _TAIL))
_NO_CHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | 0xFFFE | low) for plane in range(17) for low in (0, 1)) + "]"
)


def _decoded_with(decode: Callable[[dict[str, Any], bytes], str]) -> Install:
    """Decode each text by ``decode``, once its message is complete. It gets the state of the connection."""

    def wrong(right: Any) -> Any:
        def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
            state = vars(self)
            if frame.opcode is Opcode.TEXT:
                state["late"] = b""
            if frame.opcode in (Opcode.TEXT, Opcode.CONT) and state.get("late") is not None:
                state["late"] += bytes(frame.data)
                if frame.fin:
                    data, state["late"] = state["late"], None
                    messages.append(decode(state, data))
                return
            right(self, frame, messages)

        return take

    return replaced(ClientFrames, "_take", wrong)


def _decoded(decode: Callable[[bytes], str]) -> Install:
    """Decode each text by ``decode``, once its message is complete."""
    return _decoded_with(lambda state, data: decode(data))


def _with(pattern: re.Pattern[bytes]) -> Install:
    """Accept the sequences of a pattern."""
    return _decoded(lambda data: pattern.sub(b"?", data).decode())


def _changed(change: Callable[[str], str]) -> Install:
    return _decoded(lambda data: change(data.decode()))


def _without_noncharacters(text: str) -> str:
    if _NO_CHARACTERS.search(text):
        raise UnicodeDecodeError("utf-8", b"", 0, 0, "a noncharacter")
    return text


def _start_checked(data: bytes) -> str:
    """Check only the beginning of a long text."""
    return data[:LARGE].decode() + data[LARGE:].decode("utf-8", "replace")


def _completed(state: dict[str, Any], data: bytes) -> str:
    """Keep half a character at the end for the next text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    text = decoder.decode(state.pop("half", b"") + data)
    state["half"] = decoder.getstate()[0]
    return text


def _continuations_unchecked(right: Any) -> Any:
    """Check only the first frame of a text."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        if frame.opcode is Opcode.TEXT and not frame.fin:
            codecs.getincrementaldecoder("utf-8")().decode(bytes(frame.data))
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            frame = Frame(Opcode.CONT, frame.data, frame.fin)
        right(self, frame, messages)

    return take


def _binary_checked(right: Any) -> Any:
    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        right(self, frame, messages)
        if messages and isinstance(messages[-1], bytes) and frame.fin and self._decoder is None:
            messages[-1].decode()

    return take


def _unchecked_after_bytes(right: Any) -> Any:
    """Check no text behind a binary message."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        state = vars(self)
        if frame.opcode is Opcode.BINARY:
            state["binary"] = True
        if frame.opcode is Opcode.TEXT and state.get("binary"):
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            frame = Frame(Opcode.CONT, frame.data, frame.fin)
        right(self, frame, messages)

    return take


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Replace a continuation byte without a start."""
    assert isinstance(error, UnicodeDecodeError)
    if 0x80 <= error.object[error.start] <= 0xBF:
        return "?", error.start + 1
    raise error


def _lone_continuations(data: bytes) -> str:
    codecs.register_error("lone-continuation", _replaced)
    return data.decode("utf-8", "lone-continuation")


def _end_unchecked(data: bytes) -> str:
    return codecs.getincrementaldecoder("utf-8")().decode(data)


def _half_paired(data: bytes) -> str:
    return _SURROGATE_PAIR.sub(b"?", data).decode()


MUTANTS: Mapping[str, Mutant] = {
    "ws-overlong-accepted": Mutant("characters in more bytes than they need are accepted", _with(_OVERLONG)),
    "ws-surrogates-accepted": Mutant(
        "surrogates are accepted",
        _decoded(
            lambda data: (
                data.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
        ),
    ),
    "ws-surrogate-pairs-accepted": Mutant("pairs of surrogates are accepted", _decoded(_half_paired)),
    "ws-above-unicode-accepted": Mutant("code points beyond U+10FFFF are accepted", _with(_ABOVE)),
    "ws-longer-sequences-accepted": Mutant("sequences of five and six bytes are accepted", _with(_LONGER)),
    "ws-lone-continuation-bytes-accepted": Mutant(
        "continuation bytes of nothing are accepted", _decoded(_lone_continuations)
    ),
    "ws-fe-and-ff-accepted": Mutant("the bytes FE and FF are accepted in text", _with(re.compile(b"[\xfe\xff]"))),
    "ws-missing-continuations-accepted": Mutant(
        "start bytes without their continuations are accepted", _with(_UNFINISHED)
    ),
    "ws-cut-off-text-accepted": Mutant("half a character at the end of a text is dropped", _decoded(_end_unchecked)),
    "ws-cut-off-text-goes-on": Mutant(
        "half a character at the end of a text is completed by the next text", _decoded_with(_completed)
    ),
    "ws-long-text-unchecked": Mutant("text beyond 64 KiB is not checked", _decoded(_start_checked)),
    "ws-continuations-unchecked": Mutant(
        "text in continuations is not checked", replaced(ClientFrames, "_take", _continuations_unchecked)
    ),
    "ws-text-unchecked-after-bytes": Mutant(
        "text behind a binary message is not checked", replaced(ClientFrames, "_take", _unchecked_after_bytes)
    ),
    "ws-bytes-are-checked": Mutant(
        "binary messages have to be UTF-8", replaced(ClientFrames, "_take", _binary_checked)
    ),
    "ws-byte-order-mark-dropped": Mutant(
        "a byte order mark is dropped", _decoded(lambda data: data.decode("utf-8-sig"))
    ),
    "ws-noncharacters-refused": Mutant("noncharacters are refused", _changed(_without_noncharacters)),
    "ws-text-ends-at-nul": Mutant("text ends at its first NUL", _changed(lambda text: text.partition("\0")[0])),
    "ws-line-ends-changed": Mutant("line ends of texts are changed", _changed(lambda text: text.replace("\r\n", "\n"))),
    "ws-text-normalized": Mutant("texts are normalized", _changed(lambda text: unicodedata.normalize("NFC", text))),
    "ws-beyond-the-bmp-lost": Mutant(
        "characters beyond U+FFFF are replaced",
        _changed(lambda text: re.sub("[\U00010000-\U0010ffff]", "\ufffd", text)),
    ),
}
