"""``engine repro``: a failure as a folder that stands alone, for an issue of its server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.base import Command, place_arguments, project_paths_of
from engine.errors import UsageError

DESCRIPTION = """\
Write a failure as a folder that stands alone and uses nothing of the engine:
the application, the pinned requirements, the command line of the server, a
client of the standard library that sends the bytes and compares the response,
and a README for an issue. Credentials, cookies and folders of this machine are
redacted.

RUN, CASE and TARGET are as in `engine explain`. With --run, the reproduction
runs in an environment of its own, and the command says whether the fault shows.
With --check, no folder is made: the reproductions below DIR run.

The exit code is 0 if the folder is complete and, with --run or --check, each
fault shows; 1 if a fault does not show, or if a part of the case has no form in
plain Python, which the README names."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run_name", nargs="?", default="", metavar="RUN", help="a run's folder or id, or last")
    parser.add_argument("case", nargs="?", default="", metavar="CASE", help="an address, or its ending")
    parser.add_argument("target", nargs="?", default="", metavar="TARGET", help="a target's id, or a part of it")
    parser.add_argument("-o", "--output", default="", metavar="FOLDER", help="the folder to write")
    parser.add_argument("--run", action="store_true", help="run the reproduction, and say whether the fault shows")
    parser.add_argument("--check", default="", metavar="DIR", help="run the reproductions below this folder")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Write the folder, or check folders. Raises UsageError where the arguments do not fit."""
    from engine.app.reproducing import folder
    from engine.terminal.escape import visible

    if parsed.check:
        if parsed.run_name or parsed.output or parsed.run:
            raise UsageError("--check takes no other arguments", hint="engine repro --check docs/findings")
        return check(Path(parsed.check))
    if not parsed.run_name or not parsed.case:
        raise UsageError("no case is named", hint="engine repro RUN CASE [TARGET] -o FOLDER")
    if not parsed.output:
        raise UsageError("no folder is named", hint="add -o FOLDER")
    where = Path(parsed.output)
    made = folder.reproduction(parsed.run_name, parsed.case, parsed.target, project_paths_of(parsed))
    made.write(where)
    print(f"{visible(str(where))}: {', '.join(sorted([*made.texts, *made.copies]))}")
    for one in made.lacks:
        print(visible(f"not reproduced: {one}"))
    if parsed.run and (where / "client.py").exists() and "client.py" in made.texts:
        return max(show(where), 0 if made.complete else 1)
    return 0 if made.complete else 1


def show(where: Path) -> int:
    """Run one reproduction and print its output; 0 if the fault shows."""
    from engine.app.reproducing import running
    from engine.terminal.escape import visible

    outcome = running.run(where, lambda text: print(text, file=sys.stderr, flush=True))
    print(visible(outcome.output, lines=True), end="")
    if not outcome.shows and outcome.log:
        print("output of the server:\n" + visible(outcome.log[-4000:], lines=True))
    print(f"{visible(str(where))}: {outcome.words}")
    return 0 if outcome.shows else 1


def check(where: Path) -> int:
    """Run the reproductions below a folder; 0 if each shows its fault. Raises UsageError if there are none."""
    from engine.app.reproducing import running
    from engine.terminal.escape import visible

    folders = sorted(path.parent for path in where.rglob("client.py") if ".venv" not in path.parts)
    if not folders:
        raise UsageError(f"there is no reproduction below {where}", hint="a reproduction has a client.py")
    failed = 0
    for folder in folders:
        outcome = running.run(folder)
        failed += not outcome.shows
        print(f"{visible(str(folder))}: {outcome.words}", flush=True)
        if not outcome.shows:
            print(visible(outcome.output, lines=True), end="")
    shown = len(folders) - failed
    print(f"{shown} of {len(folders)} faults show")
    return 1 if failed else 0


COMMAND = Command(
    "repro",
    "Write a failure as a folder that stands alone, and run it.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine repro last missing-host gunicorn-control-auto -o missing-host", "a folder for an issue"),
        ("engine repro last missing-host gunicorn-control-auto -o missing-host --run", "and run it without the engine"),
        ("engine repro --check docs/findings", "run those that are committed"),
    ),
)
