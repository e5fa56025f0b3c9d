"""Templates in which every value is escaped, shown on one line, and known."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.reports.page.shown import shown, web_address


def templates(folder: Path) -> Environment:
    """The templates of a folder. The filter ``web_address`` gives the address of a link, "" for one that is none."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else shown(value),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["web_address"] = web_address
    return made
