"""Foreign text on the page: characters that would hide, reorder or break a line are written out.

``static/text.js`` has the same function for the browser; a test compares them character by character.
"""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls, the soft hyphen, direction marks and overrides, characters of no width, line and paragraph
# separators, interlinear marks, tags, and lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)
# So many combining marks may stand on one character.
MARKS = 4
# Characters of a text that stands in a line.
MOST = 600


def shown(text: object, most: int = MOST) -> str:
    """A text of one line with its hidden characters as ``\\x1b``, ``\\u202e`` or ``\\u{e0041}``. Combining marks behind
    the fourth are left out, and so is everything behind ``most`` characters."""
    whole = str(text)
    if len(whole) <= most and whole.isascii() and whole.isprintable():
        return whole
    cut = whole[:most]
    if not cut.isascii():
        cut = _few_marks(cut)
    cut = _HIDDEN.sub(lambda found: _written(ord(found[0])), cut)
    return cut if len(whole) <= most else f"{cut}… ({len(whole):,} characters)"


def _written(code: int) -> str:
    if code in (10, 13, 9):
        return {10: "\\n", 13: "\\r", 9: "\\t"}[code]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"


def _few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char).startswith("M") else 0
        if marks <= MARKS:
            kept.append(char)
    return "".join(kept)


def web_address(url: object) -> str:
    """A link's address if its scheme is http or https, else ""."""
    text = str(url)
    return text if re.fullmatch(r"https?://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\x9f\ud800-\udfff]+", text) else ""
