"""JSON: the views of ``engine.reports.view`` as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from engine.reports import view
from engine.reports.base import Format
from engine.reports.texts import HIDDEN

# JSON itself escapes C0 only.
_HIDDEN = re.compile("[\x7f-\x9f\ud800-\udfff]|" + HIDDEN)


def text(document: Mapping[str, object]) -> str:
    """A view as text that ends in a line feed."""
    return _HIDDEN.sub(_escaped, json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _escaped(found: re.Match[str]) -> str:
    """A hidden character as JSON writes it, which its strings only have."""
    return json.dumps(found[0])[1:-1]


FORMATS = Format(
    "json",
    ".json",
    grid=lambda report: text(view.grid(report)),
    comparison=lambda found: text(view.comparison(found)),
    # A transcript contains control characters, which only ASCII output keeps away from a terminal.
    explanation=lambda one: json.dumps(view.explanation(one), indent=2) + "\n",
)
