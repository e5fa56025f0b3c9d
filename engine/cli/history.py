"""``engine history``: run cases on releases with and without known bugs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.cli.base import Command, case_arguments, place_arguments, project_paths_of
from engine.errors import NothingToRun, UsageError
from engine.results.analysis.redaction import redacted_text
from engine.results.analysis.summary import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.app.engine import Engine
    from engine.app.history import Plan
    from engine.app.launch import Done
    from engine.model.bug import Bug
    from engine.results.analysis.history import CaseOutcome

DESCRIPTION = """\
Run the cases of known bugs on a release that has the bug and on one that has
fixed it, and report whether the results differ. The bugs are those of
specs/history.yaml. Without BUG, list them.

The exit code is 1 if a listed case does not distinguish the releases. The first
run creates an environment for each release. --whole runs all cases, extended ones
too, and prints those that distinguish them; -k and --category select a part."""


@dataclass(frozen=True, slots=True)
class Printing:
    """The form of the output: ``text`` or ``json``, and the value of ``--color``."""

    form: str = "text"
    color: str = "auto"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("bugs", nargs="*", default=[], metavar="BUG", help="ids of bugs")
    parser.add_argument("--all", action="store_true", help="all bugs that have cases")
    parser.add_argument("--whole", action="store_true", help="run all cases, and print those that find the bug")
    case_arguments(parser)
    parser.add_argument("--file", default="", metavar="FILE", help="the document of history (specs/history.yaml)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for programs")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Run or list; 1 if a case of a bug does not distinguish its releases. Raises UsageError for an unknown bug, and
    NothingToRun if no selected bug has a case."""
    from engine.app import history
    from engine.app.engine import Engine

    engine = Engine(project_paths_of(parsed))
    known = history.bugs_in(engine, parsed.file)
    if parsed.all and parsed.bugs:
        raise UsageError("--all selects every bug, so no other is named", hint="omit one of them")
    bugs = [bug for bug in known if bug.cases or parsed.whole] if parsed.all else history.chosen(known, parsed.bugs)
    selecting = any(getattr(parsed, name) for name in ("category", "level", "tag", "keyword"))
    if selecting and not parsed.whole:
        raise UsageError("the options that select cases are for `--whole`", hint="a bug names its cases")
    if not bugs:
        if parsed.whole:
            raise UsageError(
                "no bug is named for `--whole`", hint="name a bug, or add --all; `engine history` lists them"
            )
        return list_bugs(known, parsed)
    if without := [bug.id for bug in bugs if not bug.cases and not parsed.whole]:
        if len(without) == len(bugs):
            raise NothingToRun(f"no case finds {' or '.join(without)} yet", hint="--whole looks for one")
        print(f"engine: no case finds {', '.join(without)} yet", file=sys.stderr)
    return compare(engine, bugs, parsed)


def list_bugs(bugs: Sequence[Bug], parsed: argparse.Namespace) -> int:
    """Print the bugs; 0."""
    from engine.terminal import history
    from engine.terminal.columns import terminal_width
    from engine.terminal.paint import paint_for

    if parsed.format == "json":
        print(json.dumps([document(bug) for bug in bugs], indent=2))
        return 0
    print(history.listed(bugs, terminal_width(), paint_for(sys.stdout, parsed.color)))
    with_cases = sum(bool(bug.cases) for bug in bugs)
    print(f"\n{plural(len(bugs), 'bug')}, {with_cases} with cases; `engine history BUG` runs them")
    return 0


def compare(engine: Engine, bugs: Sequence[Bug], parsed: argparse.Namespace) -> int:
    """Run the cases of some bugs, and print the outcomes. The exit code."""
    from engine.app import history, launch
    from engine.cli.grid import progress_of, refuse_mistakes
    from engine.execution.planning.plan import Selection

    loaded = engine.load(history.documents_of(engine, bugs), whole=True)
    refuse_mistakes([one for one in loaded.diagnostics if one.is_error])
    every = [case for suite in loaded.suites for case in suite.cases]
    history.check_cases(bugs, every)
    if parsed.whole:
        selection = Selection(tuple(parsed.category), tuple(parsed.level), tuple(parsed.tag), parsed.keyword)
        selection.check(every)
        cases = {bug.id: [case for case in every if selection.takes(case)] for bug in bugs}
    else:
        cases = {bug.id: history.cases_of(bug, every) for bug in bugs}
    plan = history.planned(engine, bugs, cases)
    if not plan.jobs:
        raise NothingToRun("no case of these bugs runs on their releases", hint="`engine show CASE` shows its targets")
    began = time.monotonic()
    screens = ExitStack()

    def finished(done: Done) -> int:
        screens.close()
        if done.interrupted:
            print("engine: interrupted before the cases of all bugs have run, so there is no outcome", file=sys.stderr)
            return 130
        code = report(bugs, plan, done, parsed, time.monotonic() - began)
        sys.stdout.flush()
        return code

    with screens:
        watcher = screens.enter_context(progress_of(plan.jobs, engine, parsed.color))
        return launch.run(engine, lambda: launch.Work(plan.jobs, watcher), sys.argv[1:], finished)


def report(bugs: Sequence[Bug], plan: Plan, done: Done, parsed: argparse.Namespace, seconds: float) -> int:
    """Print the outcomes of a run: 1 if a listed case does not distinguish the releases; with `--whole`, 0."""
    from engine.results.analysis.history import of_address, proposal

    found = {bug: plan.outcomes(bug, done.run.results) for bug in bugs}
    if parsed.whole:
        proposals = {bug: proposal(outcomes) for bug, outcomes in found.items()}
        return propose(proposals, Printing(parsed.format, parsed.color))
    rows = {bug: [of_address(address, outcomes) for address in bug.cases] for bug, outcomes in found.items()}
    return show(rows, Printing(parsed.format, parsed.color), done.run.id, seconds)


def show(rows: Mapping[Bug, Sequence[CaseOutcome]], printing: Printing, run_id: str, seconds: float) -> int:
    """Print the outcome of each case. The exit code: 3 if no case ran on both releases."""
    from engine.results.analysis.history import Outcome
    from engine.terminal import history
    from engine.terminal.columns import available_width
    from engine.terminal.paint import paint_for

    finding = [bug for bug, several in rows.items() if several and all(one.finds for one in several)]
    with_cases = [bug for bug in rows if bug.cases]
    if printing.form == "json":
        print(
            json.dumps([{**document(bug), "outcomes": [outcome(one) for one in rows[bug]]} for bug in rows], indent=2)
        )
    else:
        print(history.outcomes(rows, available_width(), paint_for(sys.stdout, printing.color)))
        count = f"{len(finding)} of {plural(len(with_cases), 'bug')}"
        owner = "its" if len(with_cases) == 1 else "their"
        print(f"\n{count} found by all of {owner} cases in {seconds:.0f} s; run {run_id}")
    every = [one for several in rows.values() for one in several]
    if every and all(one.outcome is Outcome.NOT_COMPARED for one in every):
        return 3
    return 0 if len(finding) == len(with_cases) else 1


def propose(proposals: Mapping[Bug, Sequence[str]], printing: Printing) -> int:
    """Print the cases that find each bug, as lines for the document of history; 0."""
    if printing.form == "json":
        print(json.dumps([{**document(bug), "proposed": list(names)} for bug, names in proposals.items()], indent=2))
        return 0
    for bug, names in proposals.items():
        print(f"# {bug.id}: {bug.title}")
        print("    cases:\n" + "\n".join(f'      - "{name}"' for name in names) if names else "    # no case finds it")
    return 0


def document(bug: Bug) -> dict[str, Any]:
    """A bug as JSON's types."""
    return {
        "id": bug.id,
        bug.sort: bug.name,
        "bad": bug.bad,
        "fixed": bug.fixed or None,
        "title": bug.title,
        "source": bug.source,
        "clauses": list(bug.clauses),
        "cases": list(bug.cases),
    }


def outcome(one: CaseOutcome) -> dict[str, Any]:
    """An outcome as JSON's types."""
    return {
        "case": one.address,
        "bad": one.bad.verdict.value if one.bad is not None else None,
        "fixed": one.fixed.verdict.value if one.fixed is not None else None,
        "finds": one.finds,
        "outcome": one.outcome.value,
        "reason": redacted_text(one.reason),
    }


COMMAND = Command(
    "history",
    "Run cases on releases with and without known bugs.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine history", "the known bugs"),
        ("engine history G01 H04", "run the cases of two"),
        ("engine history --all", "of all that have cases"),
        ("engine history G12 --whole -k pipelin", "look for more cases"),
    ),
)
