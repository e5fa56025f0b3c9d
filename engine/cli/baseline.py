"""``engine baseline``: write the known failures anew from a run, or look at what a run says about them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cli.base import Command, asked, baseline_argument, place_arguments, target_arguments
from engine.errors import UsageError
from engine.model.baseline import KnownFailure
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.baseline import Drawn, Standing
    from engine.app.engine import Engine
    from engine.results.record.store import Run

DESCRIPTION = """\
The baseline lists failures that do not break the build. It is the one that the
run has read, a known-failures.yaml beside its suites or above them, or the one
of --baseline. `check` says what a run has to do with each line; `update` writes
the lines anew from a run. Lines that hold keep their reasons, links and comments; a
line that passes wherever it was run goes; one that fails on some of its targets
only is narrowed to them. What fails and is not listed gets lines with what was
observed, and the linter warns of each until a person has written the reason.

A line of which the run has nothing is left as it is. The run is the newest one,
or --from RUN; with --run the cases are run now, as `engine grid` does it.

The exit code of `check` is 1 where the baseline is out of date by that run."""

STATES = {
    "holds": "fails as listed",
    "narrower": "fails on some of its targets, and passes on others",
    "fixed": "passes wherever it was run",
    "unseen": "never met in this run",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("action", choices=("check", "update"), metavar="check|update", help="look, or write")
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH|CASE", help="with --run: suites and cases")
    parser.add_argument(
        "--from", dest="from_run", default="", metavar="RUN", help="a run's id or folder, last~1 and so on (last)"
    )
    parser.add_argument("--run", action="store_true", help="run the cases first")
    parser.add_argument("--dry-run", action="store_true", help="say what update would change, and write nothing")
    target_arguments(parser)
    baseline_argument(parser)
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Look or write. Raises UsageError where there is no such run, DocumentError where the baseline has mistakes."""
    from engine.app import baseline
    from engine.app.engine import Engine
    from engine.app.project_paths import displayed, find
    from engine.app.runs import again

    if parsed.run and parsed.from_run:
        raise UsageError("--run and --from do not go together", hint="a run is made, or read")
    choice = (parsed.paths, parsed.server, parsed.framework, parsed.category, parsed.level, parsed.tag, parsed.keyword)
    if not parsed.run and any(choice):
        raise UsageError("what to run is said, and nothing is run", hint="add --run")
    engine = Engine(find(parsed.results, parsed.frameworks), baseline=parsed.baseline)
    done = fresh_run(engine, parsed) if parsed.run else again(parsed.from_run, engine.project_paths)
    print(f"run {visible(done.id)}{'' if done.whole else ', which was not whole'}: {len(done.targets)} targets")
    if parsed.action == "check":
        return checked(baseline.check(engine, done))
    made = baseline.drawn(engine, done)
    for line in told(made):
        print(line)
    path = displayed(made.path)
    if made.text == made.before:
        print(f"{path} is as it should be")
    elif parsed.dry_run:
        print(f"{path} would change; nothing was written")
    else:
        baseline.write(made)
        print(f"written: {path}")
    return 0


def fresh_run(engine: Engine, parsed: argparse.Namespace) -> Run:
    """A run of the cases that the options choose. Raises UsageError where it was interrupted: half a run is no ground
    for a baseline."""
    from engine.app import addresses, launch
    from engine.cli.grid import chosen, shown

    jobs = chosen(engine, addresses.named(parsed.paths, engine), asked(parsed))
    with shown(jobs, engine, parsed.color) as watcher:
        done = launch.run(engine, lambda: launch.Work(jobs, watcher), sys.argv[1:], lambda done: done)
    if done.interrupted:
        raise UsageError("the run was interrupted", hint="half a run is no ground for a baseline")
    return done.run


def checked(stands: list[Standing]) -> int:
    """Print what a run says about each line. 1 where the baseline is out of date, else 0."""
    from engine.terminal import columns

    if not stands:
        print("the baseline lists nothing")
        return 0
    tables = []
    for state, meaning in STATES.items():
        rows = [(visible(one.line.case), where(one.line), remark(one)) for one in stands if one.state == state]
        if rows:
            tables.append(columns.TextTable(f"{state} ({len(rows)}): {meaning}", rows))
    print(columns.draw(("case", "on", "remark"), tables, columns.terminal_width()))
    stale = [one for one in stands if one.state in ("fixed", "narrower")]
    if stale:
        print("\n`engine baseline update` mends what is out of date")
    return 1 if stale or any(one.over and one.failing for one in stands) else 0


def remark(one: Standing) -> str:
    """The remark about an entry."""
    words = []
    if one.failing:
        words.append(f"fails on {len(one.failing)}")
    if one.passing:
        named = ", ".join(dict.fromkeys(seen.result.target for seen in one.passing))
        words.append(f"passes on {named}" if len(one.passing) <= 2 else f"passes on {len(one.passing)}")
    if one.over:
        words.append(f"its day, {one.line.until}, is over")
    if not one.line.because:
        words.append("no reason yet")
    return "; ".join(words) or "-"


def where(line: KnownFailure) -> str:
    """The targets on which an entry expects a failure."""
    selector = line.selector
    names = [*selector.servers, *selector.frameworks, *selector.loops, *selector.gateways, *selector.runtimes]
    return " ".join([*names, line.versions, line.framework_versions]).strip() or "every target"


def told(made: Drawn) -> Iterator[str]:
    """The changes of the baseline, line by line, and the counts."""
    revision = made.revision
    for one in revision.of("fixed"):
        yield f"- {visible(one.line.case)} on {where(one.line)}: {remark(one)}"
    for one in revision.of("narrower"):
        yield f"~ {visible(one.line.case)} on {where(one.line)}: {remark(one)}; now"
        now = [line.failure for line in revision.lines if line.old is one.line]
        yield from (f"    {visible(failure.case)} on {where(failure)}" for failure in now)
    for line in revision.added:
        yield f"+ {visible(line.failure.case)} on {where(line.failure)}: {visible(line.failure.observed)}"
    for seen in revision.blurred:
        why = "and passes on a target of the same words: not listed"
        yield f"? {visible(seen.address)} fails on {seen.result.target}, {why}"
    words = {"holds": "hold", "unseen": "were not met", "narrower": "are narrower", "fixed": "go"}
    counts = [f"{len(revision.of(state))} {word}" for state, word in words.items()]
    yield f"lines: {', '.join(counts)}, {len(revision.added)} are new"
    reasons = sum(not line.failure.because for line in revision.lines)
    if reasons:
        yield f"{reasons} without a reason: add `because:` and `link:`; `engine lint` warns of each until then"


COMMAND = Command(
    "baseline",
    "Check or rewrite the known failures by a run.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine baseline check", "each line by the newest run"),
        ("engine baseline update --dry-run", "what would change"),
        ("engine baseline update --from RUN", "from another run"),
        ("engine baseline update --run", "run everything first"),
    ),
)
