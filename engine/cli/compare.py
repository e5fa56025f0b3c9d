"""``engine compare``: the regressions, fixes and other changes between two runs, servers or frameworks."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    counterparts_argument,
    cut_short,
    format_argument,
    place_arguments,
    project_paths_of,
    run_options,
    target_arguments,
)
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.app.comparing import Subject
    from engine.app.engine import Engine, RunOptions
    from engine.app.launch import Done
    from engine.results.analysis.comparison import Comparison

# The format of terminals, which is no report.
TEXT = "text"

DESCRIPTION = """\
Compare two runs, two servers or two frameworks: list the regressions, the fixes
and the cases that fail in another way, and nothing else.

Two RUNs are compared with each other. One RUN is divided by two --server or two
--framework (or by the two that it has). Without a RUN, the cases are run on two
--server, or on two --framework under one server, and compared; a PATH says which
cases. Each change is listed with the cause of its failing side.

The exit code is 1 if there is a regression, else 0."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "what",
        nargs="*",
        default=[],
        metavar="RUN|PATH|CASE",
        help="runs by id or folder, last, last~1; or suites and cases to run",
    )
    target_arguments(parser)
    place_arguments(parser)
    counterparts_argument(parser)
    format_argument(parser, "comparison", TEXT, "text, ")
    parser.add_argument("--strict", action="store_true", help="a warning counts as a failure")


def run(parsed: argparse.Namespace) -> int:
    """Compare, and say by the exit code whether anything regressed. Raises UsageError for what cannot be compared."""
    from engine.app import comparing
    from engine.app.engine import Engine
    from engine.reports.base import writer

    if parsed.format != TEXT:
        writer(parsed.format, "comparison")
    project_paths = project_paths_of(parsed)
    engine, wanted = Engine(project_paths, parsed.nginx), run_options(parsed)
    subject = comparing.subject(parsed.what, project_paths)
    if subject.runs and subject.words:
        raise UsageError(f"{subject.words[0]} is not a run", hint="name only runs; -k selects among their cases")
    if subject.runs:
        return tell(comparing.of_runs(subject.runs, engine, wanted, strict=parsed.strict), parsed.format, parsed.color)
    return anew(engine, subject, wanted, parsed)


def anew(engine: Engine, subject: Subject, wanted: RunOptions, parsed: argparse.Namespace) -> int:
    """Run the cases on the two servers or the two frameworks, and compare these."""
    from engine.app import addresses, comparing, launch, wiring
    from engine.app.project_paths import displayed
    from engine.cli.grid import chosen, progress_of

    comparing.check(engine, wanted)
    jobs = chosen(engine, addresses.named(subject.words, engine), wanted)
    screens = ExitStack()

    def finished(done: Done) -> int:
        screens.close()
        print(f"engine: the run is in {displayed(done.path.parent)}", file=sys.stderr)
        if done.interrupted:
            return cut_short(done.run)
        code = tell(comparing.of_runs([done.run], engine, wanted, strict=parsed.strict), parsed.format, parsed.color)
        sys.stdout.flush()
        return code

    with screens:
        watcher = screens.enter_context(progress_of(jobs, engine, parsed.color))
        # A known failure counts as a failure if two sides are compared.
        compare = None if parsed.no_counterparts else wiring.compare(engine, warnings=parsed.strict, known=True)
        return launch.run(engine, lambda: launch.Work(jobs, watcher), sys.argv[1:], finished, compare=compare)


def tell(found: Comparison, form: str, color: str) -> int:
    """Print a comparison. The exit code: 1 if anything regressed, 3 if no case ran on either side, or the sides have no
    case in common."""
    from engine.reports.base import writer
    from engine.terminal import compared
    from engine.terminal.columns import terminal_width
    from engine.terminal.paint import paint_for
    from engine.terminal.streams import write_document

    if form == TEXT:
        for line in compared.lines(found, terminal_width(), paint_for(sys.stdout, color)):
            print(line)
    else:
        write_document(writer(form, "comparison")(found))
    disjoint = found.only_before or found.only_after
    if (found.neither or found.compared or disjoint) and not (found.judged or found.stopped or found.started):
        return 3
    return 1 if found.regressed else 0


COMMAND = Command(
    "compare",
    "List regressions and fixes between two runs, servers or frameworks.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine compare RUN RUN", "two runs"),
        ("engine compare --server gunicorn==26.2.0 --server gunicorn", "two releases"),
        ("engine compare RUN --server gunicorn --server granian", "two servers"),
        ("engine compare --framework starlette==1.0 --framework starlette", "a framework"),
        ("engine compare RUN RUN --format markdown", "for a review"),
    ),
)
