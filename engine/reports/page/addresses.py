"""Addresses of results on the page of a run; ``static/address.js`` reads them."""

from __future__ import annotations

import re
from urllib.parse import quote

from engine.reports.page.shown import shown

# encodeURIComponent leaves these characters.
_PLAIN = "-_.!~*'()"


def result_address(target: str, address: str) -> str:
    """The fragment of a result's own view: ``#/result/TARGET/ADDRESS``."""
    return f"#/result/{quote(_encoded(target), safe=_PLAIN)}/{_encoded(address)}"


def query_address(words: str) -> str:
    """The fragment of the list of results that a search finds."""
    return f"#/results?q={_encoded(words)}"


def _encoded(text: str) -> str:
    """A text as a part of a fragment; lone surrogates are written out."""
    return quote(re.sub("[\ud800-\udfff]", lambda found: shown(found[0]), text), safe=f"{_PLAIN}/:")
