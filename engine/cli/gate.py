"""``engine gate``: what a change breaks and fixes, for a pipeline."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    baseline_argument,
    corpus_argument,
    cut_short,
    place_arguments,
    positive_number,
    project_paths_of,
    run_options,
    target_arguments,
    writing,
)
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.engine import Engine
    from engine.app.launch import Done
    from engine.execution.planning.plan import Job
    from engine.results.analysis.comparison import Comparison
    from engine.results.analysis.gate import Decision
    from engine.results.record.store import Run

DESCRIPTION = """\
Run the cases on a checkout and on what it is compared with, and list what the
change breaks and fixes. What fails only after the change is repeated on both
sides before it counts; flaky results are named, and break nothing. What passes
on a commit or a release is kept for the next gate; --fresh performs it again.

By default the checkout is compared with its merge base with origin/HEAD, or with
main or master; --against names another branch, a tag, a commit, a release
(26.2.0) or an earlier run. A server is run with the bare app.

The exit code is 0 if nothing is broken, 1 if a case is broken or a target no
longer starts, 2 for a usage error, 3 if nothing could be compared."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH|CASE", help="suites and cases (specs)")
    target_arguments(parser)
    baseline_argument(parser)
    corpus_argument(parser)
    place_arguments(parser)
    parser.add_argument(
        "--against",
        default="",
        metavar="RELEASE|RUN|BRANCH",
        help="what the checkout is compared with (the merge base with origin/HEAD, main or master)",
    )
    parser.add_argument(
        "--repeat", type=positive_number, default=0, metavar="N", help="how often a new failure is repeated (3)"
    )
    parser.add_argument("--fresh", action="store_true", help="perform all cases on the base, also those kept as passed")
    parser.add_argument("--strict", action="store_true", help="a warning counts as a failure")
    parser.add_argument("--comment", default="", metavar="FILE", help="write a comment in Markdown, of at most 20 rows")
    parser.add_argument("--html", default="", metavar="FILE", help="write the results as a page")
    parser.add_argument("--link", default="", metavar="URL", help="the address of that page, for links in the comment")


def run(parsed: argparse.Namespace) -> int:
    """Run both sides, repeat what is new, and print the decision. Raises UsageError for sides that cannot be found."""
    from engine.app import addresses, comparing, gate, gate_bases
    from engine.app.engine import Engine
    from engine.app.project_paths import checked_corpus
    from engine.app.runs import again
    from engine.cli.grid import chosen
    from engine.execution.planning.plan import renumbered

    project_paths = project_paths_of(parsed)
    own = project_paths.own
    corpus = checked_corpus(parsed.corpus or own.run.corpus, project_paths)
    engine = Engine(project_paths, parsed.nginx, baseline=parsed.baseline or own.run.baseline, corpus=corpus)
    options = run_options(parsed, own)
    against = parsed.against or own.gate.against
    strict = parsed.strict or own.gate.strict
    earlier = again(against, project_paths) if against and comparing.is_run(against, project_paths) else None
    sides = gate.sides(options, against) if earlier is None else None
    wanted = sides.options if sides is not None else options
    told = sides.reason if sides is not None else f"the run {earlier.id if earlier else ''}"
    print(f"engine: compared with {visible(told)}", file=sys.stderr)
    jobs = chosen(engine, addresses.named(parsed.paths or own.run.suites, engine), wanted)
    if sides is not None:
        jobs = gate.comparable(jobs, sides)

    def compared(done: Run) -> Comparison:
        if sides is None:
            assert earlier is not None
            return comparing.of_runs([earlier, done], engine, comparing.everything(options), strict=strict)
        return comparing.of_change(done, engine, wanted, sides.base, of_server=sides.of_server, strict=strict)

    side = gate_bases.base_side(engine, jobs, sides) if sides is not None else gate_bases.NO_SIDE
    kept = gate_bases.find(side)
    spared = () if parsed.fresh else kept.spares(jobs, side)
    if spared:
        print(f"engine: {kept_results(len(spared), len(side.jobs), kept.kept)}", file=sys.stderr)
    done = performed(engine, renumbered(gate_bases.others(jobs, spared)), parsed.color)
    if done.interrupted:
        return cut_short(done.run)
    done = replace(done, run=kept.joined(done.run, spared))
    found = compared(done.run)
    decision, repeats = settled(engine, jobs, found, parsed, repeat=parsed.repeat or own.gate.repeat, strict=strict)
    if repeats is not None and repeats.interrupted:
        return cut_short(repeats.run)
    gate_bases.keep(side, kept, done.run, repeats.run.results if repeats is not None else ())
    return tell(decision, done, engine, parsed)


def kept_results(spared: int, whole: int, when: float) -> str:
    """The line about results of the base that are not performed again. ``when`` is the time of the last gate that kept
    some, in seconds since the epoch."""
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(when))
    return f"{spared} of {whole} results of the base are kept passes of {day}; --fresh performs all cases on the base"


def performed(engine: Engine, jobs: Sequence[Job], color: str) -> Done:
    """A run of some jobs. Causes follow from the two sides, so nothing else is run to find them."""
    from engine.app import launch
    from engine.cli.grid import progress_of

    with progress_of(jobs, engine, color) as watcher:
        return launch.run(engine, lambda: launch.Work(jobs, watcher), sys.argv[1:], lambda done: done)


def settled(
    engine: Engine,
    jobs: Sequence[Job],
    found: Comparison,
    parsed: argparse.Namespace,
    *,
    repeat: int,
    strict: bool,
) -> tuple[Decision, Done | None]:
    """The decision after the repetitions of what is new, and the run of these; None if nothing is new."""
    from engine.app import gate
    from engine.app.repeating import repeated
    from engine.results.analysis.gate import candidates, decide

    new = gate.again(jobs, candidates(found))
    if not new:
        return decide(found, (), strict=strict), None
    print(f"engine: repeating {len(new)} results {repeat} times", file=sys.stderr)
    done = performed(engine, repeated(new, repeat, rounds=False), parsed.color)
    return decide(found, done.run.results, strict=strict), done


def tell(found: Decision, done: Done, engine: Engine, parsed: argparse.Namespace) -> int:
    """Print the decision, and write the comment and the page. The exit code."""
    from engine.app.pages import write_page
    from engine.app.project_paths import displayed
    from engine.reports.gate import comment
    from engine.terminal.columns import terminal_width
    from engine.terminal.gate import lines
    from engine.terminal.paint import paint_for

    for line in lines(found, terminal_width(), paint_for(sys.stdout, parsed.color)):
        print(line)
    if parsed.comment:
        with writing("name another file with --comment"):
            Path(parsed.comment).write_text(comment(found, urls(engine), parsed.link), "utf-8")
        print(f"written: {visible(parsed.comment)}")
    if parsed.html:
        warning = write_page(Path(parsed.html), done.run, engine.project_paths)
        print(f"written: {visible(parsed.html)}" + (f" ({warning})" if warning else ""))
    print(f"run {done.run.id} in {displayed(done.path.parent)}")
    return found.exit_code


def urls(engine: Engine) -> Mapping[str, str]:
    """The links of the clauses, by their ids."""
    return {name: clause.url for name, clause in engine.words.loading.clauses.items() if clause.url}


COMMAND = Command(
    "gate",
    "Decide whether a change of a checkout breaks any case.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine gate --server gunicorn@.", "the change and its merge base"),
        ("engine gate --server gunicorn@. --against 27.0.1", "the change and a release"),
        ("engine gate --framework starlette@. --server uvicorn-h11", "of a framework"),
        ("engine gate --server gunicorn@. --comment gate.md --html report.html", "in a pipeline"),
    ),
)
