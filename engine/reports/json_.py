"""JSON: the views of ``engine.reports.view`` as text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.reports import view
from engine.reports.base import Format


def text(document: Mapping[str, object]) -> str:
    """A view as text that ends in a line feed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


FORMATS = Format(
    "json",
    ".json",
    grid=lambda report: text(view.grid(report)),
    comparison=lambda found: text(view.comparison(found)),
    # A transcript contains control characters, which only ASCII output keeps away from a terminal.
    explanation=lambda one: json.dumps(view.explanation(one), indent=2) + "\n",
)
