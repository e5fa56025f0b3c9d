"""Making foreign text safe to show: no control character of a server's or a document's ever reaches a terminal raw."""

from __future__ import annotations

import re
import unicodedata

# Everything but ASCII that shows itself.
_doubtful = re.compile(r"[^ -~]")
# A sequence of colour, as ``terminal.paint`` makes it.
SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def visible(value: str | bytes, *, lines: bool = False, tabs: bool = False) -> str:
    """Text or bytes with everything written out that a terminal would act on or not show.

    Bytes are read as UTF-8 where they are, and each other byte is shown as ``\\xNN``. ``lines`` keeps line feeds and
    ``tabs`` keeps tabs. A backslash of the value's own is doubled in bytes, and left alone in text, whose reader sees
    the source.
    """
    if isinstance(value, bytes):
        decoded = value.decode("utf-8", errors="surrogateescape")
        decoded = decoded.replace("\\", _SHORT["\\"])
        return _doubtful.sub(lambda found: _char(found[0], lines, tabs), decoded)
    return _doubtful.sub(lambda found: _char(found[0], lines, tabs), value)


def _char(char: str, lines: bool, tabs: bool) -> str:
    if char == "\n":
        return char if lines else "\\n"
    if char == "\t":
        return char if tabs else "\\t"
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if char in _SHORT:
        return _SHORT[char]
    # Cf format (direction marks too), Cs surrogates, Co private, Cn unassigned, Zl and Zp line ends, Cc control
    # characters
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def width(text: str) -> int:
    """The columns of an escaped text on a terminal: two for East Asian wide characters, none for combining marks
    and for sequences of colour."""
    if "\x1b" in text:
        text = SEQUENCE.sub("", text)
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
