"""A comparison as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.reports.json_ import whose
from engine.reports.markdown import code
from engine.reports.table import several
from engine.results.analysis.comparison import Change, Comparison, Difference


def document(found: Comparison) -> dict[str, Any]:
    """A comparison as JSON's types."""
    return {
        "before": found.before,
        "after": found.after,
        "servers": {"before": list(found.servers[0]), "after": list(found.servers[1])},
        "older": list(found.older),
        "compared": found.compared,
        "judged": found.judged,
        "broke": found.broke,
        "differences": [difference(one) for one in found.differences],
        "stopped": [{"target": row.id, "failed": row.failed} for row in found.stopped],
        "started": [row.id for row in found.started],
        "on_neither": [{"target": row.id, "failed": row.failed} for row in found.neither],
        "only_before": list(found.only_before),
        "only_after": list(found.only_after),
        "targets_only_before": list(found.missing_after),
        "targets_only_after": list(found.missing_before),
    }


def difference(one: Difference) -> dict[str, Any]:
    """Cells of one case that changed in the same way, as JSON's types."""
    return {
        "change": one.change.value,
        "case": one.address,
        "title": one.red.title,
        "cite": list(one.red.cite),
        "cells": [
            {
                "before": {
                    "target": pair.before.target,
                    "verdict": pair.before.verdict.value,
                    "reason": pair.before.reason,
                },
                "after": {
                    "target": pair.after.target,
                    "verdict": pair.after.verdict.value,
                    "reason": pair.after.reason,
                },
            }
            for pair in one.pairs
        ],
        "whose": whose(one.attribution),
    }


def text(found: Comparison) -> str:
    """The document as text that ends in a newline."""
    return json.dumps(document(found), indent=2, ensure_ascii=False) + "\n"


def markdown(found: Comparison) -> str:
    """A document with a section for each sort of change."""
    parts = [f"# {code(found.before)} and {code(found.after)}", f"{found.compared} cells were compared."]
    versions = [
        f"- {side}: {code(', '.join(servers))}"
        for side, servers in zip(("before", "after"), found.servers, strict=True)
        if servers
    ]
    if versions:
        parts.append("\n".join([*versions, *(f"- {code(sentence)}" for sentence in found.older)]))
    if found.stopped:
        stopped = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.stopped)
        parts += ["## Does not start any more", stopped]
    if found.neither:
        neither = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.neither)
        parts += ["## Starts on neither side", neither]
    for change in Change:
        if found.of(change):
            lines = [line for one in found.of(change) for line in _lines(one)]
            parts += [f"## {change.value.capitalize()}", "\n".join(lines)]
    if found.nothing:
        parts.append("Nothing changed.")
    apart = [
        f"- {len(names)} {what}: {several([f'`{name}`' for name in names], 6)}"
        for names, what in (
            (found.only_before, f"cases only in {code(found.before)}"),
            (found.only_after, f"cases only in {code(found.after)}"),
            (found.missing_after, f"targets only in {code(found.before)}"),
            (found.missing_before, f"targets only in {code(found.after)}"),
        )
        if names
    ]
    if apart:
        parts += ["## Not compared", "\n".join(apart)]
    return "\n\n".join(parts) + "\n"


def _lines(one: Difference) -> Iterator[str]:
    sides = [pair.before if one.change is Change.MENDED else pair.after for pair in one.pairs]
    targets = [f"`{side.target}`" for side in sides]
    yield f"- `{one.address}`: {one.before.value} → {one.after.value} on {several(targets)}"
    if one.red.reason:
        yield f"  - {code(one.red.reason)}"
    if one.attribution is not None:
        yield f"  - {code(one.attribution.heading)}: {code(one.attribution.because)}"
        if one.attribution.hint:
            yield f"  - look first at {code(one.attribution.hint)}"
