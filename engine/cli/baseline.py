"""``engine baseline``: check the known failures against a run, or update them from one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    baseline_argument,
    corpus_argument,
    place_arguments,
    project_paths_of,
    run_options,
    target_arguments,
)
from engine.errors import UsageError
from engine.model.baseline import KnownFailure
from engine.results.analysis.summary import counted_noun, plural
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.baseline import Drawn, Standing
    from engine.app.engine import Engine
    from engine.results.record.store import Run

DESCRIPTION = """\
The baseline lists failures that do not break the build. It is the one that the
run has read, a known-failures.yaml in the folder of its suites or above, or the
one of --baseline.

`check` compares each entry with a run and lists the entries whose cases ran;
the others are counted. `update` rewrites the entries from a run. Entries that
hold keep their reasons, links and comments. An entry that passes wherever it ran
is removed, and one that fails on some of its targets is narrowed to them.
Failures that are not listed get entries with the observed failure; the linter
warns of each until a person has written the reason. An entry whose case did not
run is kept.

The run is the latest one, or --from RUN; with --run the cases run first, as in
`engine grid`.

The exit code of `check` is 1 if the run shows that the baseline is out of date."""

STATES = {
    "holds": "holds ({}): fails as listed",
    "narrower": "narrower ({}): fails on some of its targets, and passes on others",
    "fixed": "unexpected pass ({}): passes wherever it ran",
}
"""The heads of the lists, by ``Standing.state``. Entries whose cases did not run are only counted."""
UNSEEN = "unseen"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("action", choices=("check", "update"), metavar="check|update", help="compare, or write")
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH|CASE", help="with --run: suites and cases")
    parser.add_argument(
        "--from", dest="from_run", default="", metavar="RUN", help="a run's id or folder, last~1 and so on (last)"
    )
    parser.add_argument("--run", action="store_true", help="run the cases first")
    parser.add_argument("--dry-run", action="store_true", help="print the changes of update, and write nothing")
    target_arguments(parser)
    baseline_argument(parser)
    corpus_argument(parser)
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Check or update. Raises UsageError for a run or a baseline that does not exist and for options that need --run,
    and DocumentError for a baseline with errors."""
    from engine.app import baseline
    from engine.app.engine import Engine
    from engine.app.project_paths import checked_corpus, displayed
    from engine.app.runs import again
    from engine.results.analysis.redaction import redacted

    if parsed.run and parsed.from_run:
        raise UsageError("--run cannot be combined with --from", hint="--from reads an earlier run")
    choice = (
        parsed.paths, parsed.server, parsed.framework, parsed.gateway, parsed.category, parsed.level, parsed.tag,
        parsed.keyword, parsed.corpus,
    )  # fmt: skip
    if not parsed.run and any(choice):
        raise UsageError("paths and options that select cases or targets need --run", hint="add --run")
    project_paths = project_paths_of(parsed)
    own = project_paths.own.run
    corpus = checked_corpus(parsed.corpus or (own.corpus if parsed.run else ""), project_paths)
    engine = Engine(project_paths, parsed.nginx, baseline=parsed.baseline or own.baseline, corpus=corpus)
    if parsed.action == "check":
        engine.baselines(())  # the one that is named must exist; update would make it
    done = fresh_run(engine, parsed) if parsed.run else again(parsed.from_run, project_paths)
    done = redacted(done)  # an entry has the failure in words
    print(f"run {visible(done.id)}{'' if done.whole else ', which ended early'}: {plural(len(done.targets), 'target')}")
    if parsed.action == "check":
        return checked(baseline.check(engine, done))
    made = baseline.drawn(engine, done)
    for line in changes(made):
        print(line)
    path = displayed(made.path)
    if made.text == made.before:
        print(f"{path} is up to date")
    elif parsed.dry_run:
        print(f"{path} would change; nothing is written")
    else:
        baseline.write(made)
        print(f"written: {path}")
    return 0


def fresh_run(engine: Engine, parsed: argparse.Namespace) -> Run:
    """A run of the selected cases. Raises UsageError if it is interrupted: a part of a run is no basis for a
    baseline."""
    from engine.app import addresses, launch
    from engine.cli.grid import chosen, progress_of

    own = engine.project_paths.own
    jobs = chosen(engine, addresses.named(parsed.paths or own.run.suites, engine), run_options(parsed, own))
    with progress_of(jobs, engine, parsed.color) as watcher:
        done = launch.run(engine, lambda: launch.Work(jobs, watcher), sys.argv[1:], lambda done: done)
    if done.interrupted:
        raise UsageError("the run was interrupted", hint="a baseline needs a complete run")
    return done.run


def checked(stands: list[Standing]) -> int:
    """Print the standing of each entry whose case ran, and the number of the others. 1 if the baseline is out of date,
    else 0."""
    from engine.terminal import columns

    if not stands:
        print("the baseline has no entries")
        return 0
    tables = []
    for state, head in STATES.items():
        rows = [(visible(one.line.case), where(one.line), remark(one)) for one in stands if one.state == state]
        if rows:
            tables.append(columns.TextTable(head.format(len(rows)), rows))
    if tables:
        print(columns.draw(("case", "on", "remark"), tables, columns.terminal_width()))
    if unseen := sum(one.state == UNSEEN for one in stands):
        print("\n" * bool(tables) + f"not run: {counted_noun(unseen, 'entry')}")
    stale = [one for one in stands if one.state in ("fixed", "narrower")]
    if stale:
        print("\n`engine baseline update` fixes the entries that are out of date")
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
        words.append(f"expired on {one.line.until}")
    if not one.line.because:
        words.append("no reason yet")
    return "; ".join(words) or "-"


def where(line: KnownFailure) -> str:
    """The targets on which an entry expects a failure."""
    selector = line.selector
    names = [
        *selector.servers,
        *selector.frameworks,
        *selector.loops,
        *selector.gateways,
        *selector.runtimes,
        *selector.http,
    ]
    return " ".join([*names, line.versions, line.framework_versions]).strip() or "every target"


def changes(made: Drawn) -> Iterator[str]:
    """The changes of the baseline, one entry a line, and the counts."""
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
        why = "but passes on a target that no entry can distinguish from it: not listed"
        yield f"? {visible(seen.address)} fails on {seen.result.target}, {why}"
    words = {"holds": "kept", UNSEEN: "not run", "narrower": "narrowed", "fixed": "removed"}
    counts = [f"{len(revision.of(state))} {word}" for state, word in words.items()]
    yield f"entries: {', '.join(counts)}, {len(revision.added)} added"
    reasons = sum(not line.failure.because for line in revision.lines)
    if reasons:
        yield f"{counted_noun(reasons, 'entry')} without a reason: add `because:` and `link:`; `engine lint` warns"


COMMAND = Command(
    "baseline",
    "Check the known failures against a run, or update them.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine baseline check", "each entry by the latest run"),
        ("engine baseline update --dry-run", "the changes"),
        ("engine baseline update --from RUN", "from another run"),
        ("engine baseline update --run", "run everything first"),
    ),
)
