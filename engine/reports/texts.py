"""The text of one result for formats without markup, and the removal of characters that a format cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.model.phrasing import got, requirement
from engine.model.verdict import JobResult
from engine.results.analysis.attribution import Attribution

# Characters that show nothing and change what is shown: the soft hyphen, direction marks and overrides, characters of
# no width, line and paragraph separators, interlinear marks and tags.
HIDDEN = "[\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
# The characters that XML 1.0 cannot represent (section 2.2), and the C1 controls, which it discourages.
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|" + HIDDEN)


def harmless(text: str) -> str:
    """Text without control characters: each is written out, as ``\\x1b``. Line feeds and tabs stay."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    if code >= 0x10000:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def details(result: JobResult, attribution: Attribution | None) -> Iterator[str]:
    """The lines about a result below its reason: each expectation that it does not meet, with its place in the
    document, the cause, and the commands that reproduce it."""
    for one in (*result.mismatches, *result.warnings):
        place = f" ({one.place})" if one.place.line else ""
        yield f"expected: {requirement(one)}{place}"
        yield f"actual:   {got(one)}"
    if attribution is not None:
        yield f"cause: {attribution.heading}: {attribution.because}"
        if attribution.settle:
            yield f"to find out, run: {attribution.settle}"
    if result.reproduce:
        yield "reproduce it:"
        yield from (f"  {line}" for line in result.reproduce.split("\n"))
