"""``engine merge``: runs of several machines as one run."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import Command, baseline_argument, place_arguments, project_paths_of, writing
from engine.errors import UsageError
from engine.model.verdict import Verdict
from engine.results.analysis.summary import counted_verdicts, plural
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.merging import Merged
    from engine.app.project_paths import ProjectPaths

DESCRIPTION = """\
Merge runs into one: the shards of a run, or runs of the same cases on other
machines, systems and Pythons. A merged run is a run like any other, for `engine
grid --from`, `report`, `explain`, `compare`, `baseline`, `repro`, and for another
merge.

Runs of another engine, another corpus or another partition are refused, each with
its name and the difference. A result that several runs have counts once; if its
verdicts differ, it is flaky. The baseline is applied again, as it is here. The
order of the runs makes no difference.

The exit code is 1 if anything is missing: a shard, or the end of a run. The
merged run is written all the same."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="runs by id or folder, last, last~1")
    parser.add_argument("-o", dest="output", required=True, metavar="RUN", help="the merged run: an id, or a folder")
    parser.add_argument(
        "--weights", default="", metavar="FILE", help="also write the seconds of each target, for `--shard --weights`"
    )
    baseline_argument(parser)
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Merge, and return 1 if anything is missing. Raises UsageError for runs that do not belong together."""
    from engine.app import merging
    from engine.app.engine import Engine
    from engine.app.project_paths import displayed
    from engine.app.runs import LAST, folder
    from engine.app.sharding import weights_text

    project_paths = project_paths_of(parsed)
    found = [(word, folder(word, project_paths)) for word in parsed.runs]
    named = [(path.name if LAST.fullmatch(word) else word, path) for word, path in found]
    output = place_of(parsed.output, project_paths)
    engine = Engine(project_paths, baseline=parsed.baseline or project_paths.own.run.baseline)
    merged = merging.merge(named, output, engine)
    print(f"written: {displayed(merged.path)}")
    if parsed.weights:
        with writing("name another file with --weights"):
            Path(parsed.weights).write_text(weights_text(merged.seconds), "utf-8")
        print(f"written: {visible(parsed.weights)}")
    return show(merged, parsed)


def place_of(word: str, project_paths: ProjectPaths) -> Path:
    """The folder of the merged run: a path, or an id in the folder of results. Raises UsageError for ``last``."""
    from engine.app.run_ids import folder_of
    from engine.app.runs import LAST, make_folder

    if LAST.fullmatch(word):
        raise UsageError(f"-o names a new run, and {word!r} is another one", hint="like -o merged, or -o FOLDER/")
    if os.sep in word:
        return Path(word)
    make_folder(project_paths.results)
    return folder_of(project_paths.results, word)


def show(merged: Merged, parsed: argparse.Namespace) -> int:
    """Print the counts, everything that is missing, and the command that draws the grid. The exit code."""
    for file in merged.unread[:3]:
        print(f"engine: {visible(file)} is not here, so its verdicts stay as they were recorded", file=sys.stderr)
    for line in merged.lacks:
        print(f"engine: {visible(line)}", file=sys.stderr)
    verdicts = {Verdict(word): count for word, count in merged.counts.items()}
    passed = sum(count for verdict, count in verdicts.items() if verdict.good)
    number = plural(sum(merged.counts.values()), "result")
    counted = ", ".join([f"{passed:,} passed", *counted_verdicts(verdicts)])
    print(f"{plural(len(merged.parts), 'run')}: {number} on {plural(merged.targets, 'target')}: {counted}")
    named = str(merged.path.parent) if os.sep in parsed.output else merged.run
    places = ["--results", parsed.results] if parsed.results and os.sep not in parsed.output else []
    print(f"run {visible(merged.run)}")
    print(f"next: {visible(shlex.join(['engine', 'grid', '--from', named, *places]))}")
    return 1 if merged.lacks else 0


COMMAND = Command(
    "merge",
    "Merge the shards of a run, or runs of several machines, into one run.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine merge shards/* -o merged", "the shards that a pipeline has collected"),
        ("engine merge last last~1 -o both --weights weights.json", "with weights for the next run"),
    ),
)
