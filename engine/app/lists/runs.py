"""The list of runs that are kept."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import Any

from engine.app.lists.base import Listing, ListKind, Stock, rows
from engine.app.run_ids import folder_of
from engine.app.runs import ids
from engine.errors import ResultsError
from engine.results.record.format import readable
from engine.results.record.store import ends

# The commands that make a run; its header has their arguments, or those of pytest.
RUNNING = (["grid"], ["compare"], ["baseline"], ["merge"])


def runs(stock: Stock) -> Listing:
    """The runs under the folder of results, the newest first, each with the name that ``last`` gives it."""
    project_paths = stock.engine.project_paths
    items = [
        run(one, f"last~{number}" if number else "last", *ends(folder_of(project_paths.results, one)))
        for number, one in enumerate(ids(project_paths))
    ]
    table = [(str(one["name"]), str(one["run"]), f"{one['command']}\n{outcome(one)}".strip()) for one in items]
    return Listing(items, ("name", "run", "command and verdicts"), rows(table))


def outcome(run: Mapping[str, Any]) -> str:
    """The verdicts of a run in one line, and how it ended where that is not as it should be."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in run["counts"].items())
    return "; ".join(word for word in (counts, "" if run["ended"] == "whole" else run["ended"]) if word)


def run(id_: str, name: str, header: Mapping[str, Any], footer: Mapping[str, Any]) -> dict[str, Any]:
    """One run, as JSON's types. A run without a footer is still running or was cut short. One without a header that
    this engine reads is listed as such."""
    started, words = header.get("started"), list(header.get("arguments", ()))
    program = "engine" if words[:1] in RUNNING else "pytest"
    ended = str(footer.get("ended", "unfinished"))
    try:
        readable(header.get("format"), header.get("engine"))
    except ResultsError:
        ended = "cannot be read"
    return {
        "name": name,
        "run": id_,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(started)) if started else "",
        "targets": len(header.get("targets", ())),
        "counts": dict(footer.get("counts", {})),
        "ended": ended,
        "command": shlex.join([program, *words]) if header else "",
    }


SORTS = (ListKind("runs", "recorded runs, the newest first", runs),)
