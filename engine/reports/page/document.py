"""The page as one file: its policy, its style, its script and its data.

The policy allows the one script and the one style by their hashes, and nothing else: no network, no frame, no form, no
HTML made from text. Tables of the whole run stand in the body for printing, and for a host that forbids script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from engine.reports.page.packing import packed
from engine.reports.page.summary import PageData, page_data
from engine.reports.page.templating import templates
from engine.reports.table import figure
from engine.reports.view import GridReport
from engine.results.analysis.grouping import not_started

FOLDER = Path(__file__).parent
# In the order in which they stand in the page; each may use what stands before it.
SCRIPTS = (
    "text.js", "data.js", "query.js", "address.js", "matrix.js", "list.js", "frames.js", "values.js", "result.js",
    "findings.js", "clauses.js", "compare.js", "main.js",
)  # fmt: skip
PALETTE, STYLE = "palette.css", "report.css"
# The entries of each table that a browser without script shows.
ROWS = 2000


def page(report: GridReport) -> str:
    """The page of a run. It ends in a line feed, and the same run gives the same page."""
    return rendered(report, page_data(report))


def rendered(report: GridReport, data: PageData) -> str:
    """The page of some data; ``report`` gives the tables for browsers without script."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            policy=policy(),
            style=style(),
            script=script(),
            summary=packed(data.summary),
            details=data.details.text,
            data=data.summary,
            matrix=list(matrix(report)),
            findings=data.summary["findings"][:ROWS],
            more=max(len(data.summary["findings"]) - ROWS, 0),
        )
    )


@cache
def environment() -> Environment:
    """The templates of the page."""
    made = templates(FOLDER / "templates")
    made.filters["packed"] = Markup
    return made


@cache
def script() -> Markup:
    """The script of the page."""
    parts = [(FOLDER / "static" / name).read_text("utf-8") for name in SCRIPTS]
    return Markup('"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n")


@cache
def style() -> Markup:
    """The style of the page."""
    return Markup(palette() + (FOLDER / "static" / STYLE).read_text("utf-8"))


@cache
def palette() -> str:
    """The colours of both schemes, as a style sheet."""
    return (FOLDER / "static" / PALETTE).read_text("utf-8")


@cache
def policy() -> str:
    """The content security policy."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{digest(script())}'",
            f"style-src '{digest(style())}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def digest(text: str) -> str:
    """The hash of an inline part as a policy has it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def matrix(report: GridReport) -> Iterator[dict[str, Any]]:
    """The lines of the matrix for browsers without script: a target, and the figures of its categories."""
    for row in report.grid.rows:
        dead = not_started(row)
        yield {
            "target": row.target.id,
            "version": row.target.version,
            "failed": row.target.failed if dead else "",
            "cells": [] if dead else [figure(cell) for cell in (*row.cells, row.total)],
        }
