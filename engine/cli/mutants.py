"""``engine mutants``: run cases on servers and apps with one deliberate fault."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.cli.base import Command, place_arguments, whole_number, writing
from engine.errors import UsageError
from engine.terminal.paint import Role, paint_for

if TYPE_CHECKING:
    from engine.app.mutation.catalogue import Mutation
    from engine.app.mutation.judging import Outcome
    from engine.app.mutation.table import Table
    from engine.terminal.paint import Paint

DESCRIPTION = """\
Run cases on mutants: the reference server and the bare apps with one deliberate
fault each. A case that fails there by an expectation kills the mutant; this
proves that the case can fail.

By default, the cases run that specs/mutants.json names for a mutant: its rarest
ones, and each case on one mutant at least. `--whole` runs every case that fits,
and --write updates the table with the result. The exit code is 1 if a mutant of
the table survives, or a case of the table kills none."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="mutants, as reference~no-date or no-date, all of a family, or all of wsgi-control",
    )
    parser.add_argument("--list", action="store_true", help="list the mutants, and how many cases kill each")
    parser.add_argument("--whole", action="store_true", help="run every case that fits, not only those of the table")
    parser.add_argument(
        "--cases", action="append", default=[], metavar="PATH", help="with `--whole`: cases of these suites"
    )
    parser.add_argument(
        "--shared", action="store_true", help="with `--whole`: leave out cases that have a server of their own"
    )
    parser.add_argument("--write", action="store_true", help="write the result of `--whole` into specs/mutants.json")
    parser.add_argument(
        "--generated", action="store_true", help="changes of the server's own code; every case runs until one kills it"
    )
    parser.add_argument("--sample", type=whole_number, default=0, metavar="N", help="N random ones of the mutants")
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="the seed of the random choice (0)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for programs")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Run the mutants; 1 if the table claims a kill that does not happen. Raises UsageError for an unknown name, and
    DocumentError for a malformed table and for suites with errors."""
    from engine.app.engine import Engine
    from engine.app.launch import Stopped
    from engine.app.mutation import catalogue, choosing, judging, running, table
    from engine.app.project_paths import find

    if parsed.write and not parsed.whole:
        raise UsageError("--write is only for `--whole`", hint="the table needs the result of every case")
    if (parsed.cases or parsed.shared) and not parsed.whole:
        raise UsageError("--cases and --shared are only for `--whole`", hint="without it, the table names the cases")
    engine = Engine(find(parsed.results, parsed.frameworks))
    path = engine.project_paths.specs / table.FILE
    known = table.read(path)
    mutations = catalogue.every(engine)
    if parsed.generated:
        if parsed.names or parsed.write:
            raise UsageError(
                "--generated goes with --sample and --seed", hint="a single one: engine grid --server NAME"
            )
        wanted = catalogue.sampled(parsed.sample, parsed.seed)
    else:
        wanted = catalogue.chosen(mutations, parsed.names)
    if parsed.sample and not parsed.generated:
        sample = set(choosing.sampled([one.word for one in wanted], parsed.sample, parsed.seed))
        wanted = [one for one in wanted if one.word in sample]
    if parsed.list:
        print(listed(wanted, known) if parsed.format == "text" else json.dumps(documents(wanted, known), indent=1))
        return 0
    words = [one.word for one in wanted]
    faults = {one.word: one.what for one in wanted}
    chosen = None if parsed.whole or parsed.generated else choosing.of_table(known, words)
    targets = catalogue.targets(engine, wanted)
    jobs = running.jobs_on(engine, running.cases_of(engine, parsed.cases, shared=parsed.shared), targets, chosen)
    notes = sys.stderr if parsed.format == "json" else sys.stdout
    paint = paint_for(sys.stdout, parsed.color)
    began = time.monotonic()

    def show(one: Outcome) -> None:
        if parsed.format == "text":
            print(line(one, paint, faults[one.mutant] if parsed.generated else ""), flush=True)

    try:
        outcomes = running.run(engine, jobs, targets, show, until_killed=parsed.generated)
    except Stopped:
        raise KeyboardInterrupt from None
    claims = judging.refuted(known, chosen or {}, outcomes)
    if parsed.format == "json":
        print(json.dumps([outcome_document(one) for one in outcomes.values()], indent=1))
    else:
        print(summary(words, outcomes, time.monotonic() - began))
    for text in claims.doubtful:
        print(f"{paint(Role.WARNING, 'not this time:')} {text}", file=notes)
    for text in claims.broken:
        print(f"{paint(Role.FAILING, 'against the table:')} {text}", file=notes)
    if parsed.write:
        rows = {name: one.row for name, one in outcomes.items()}
        if parsed.cases or parsed.shared:
            ran = {table.case_name(job.case.file, job.case.id) for job in jobs}
            rows = {name: known.merged(name, row, ran) for name, row in rows.items()}
        with writing("the table lies next to the suites"):
            path.write_text(table.text_of(known.updated(rows, [one.word for one in mutations])), "utf-8")
        print(f"written: {path.name}", file=notes)
    return int(bool(claims.broken))


def line(one: Outcome, paint: Paint, change: str = "") -> str:
    """An outcome in one line: the mutant with its change of the code, if it is generated, and the cases that kill
    it."""
    name = one.mutant + (f"  {change}" if change else "")
    if not one.started and one.errors:
        return f"{paint(Role.DIM, 'no start')}   {name}"
    if not one.killed:
        why = f"{len(one.passed)} cases pass" + (
            f", {len(one.errors)} end in errors: {one.errors[0][1]}" if one.errors else ""
        )
        return f"{paint(Role.FAILING, 'surviving')}  {name}  {why}"
    first, *more = one.row.cases
    others = f" and {len(more)} more" if more else ""
    limit = " by the time limit" if one.by_timeout else ""
    return f"{paint(Role.PASSING, 'killed')}     {name}  by {first}{others}{limit}"


def summary(words: Sequence[str], outcomes: Mapping[str, Outcome], seconds: float) -> str:
    """The last line: how many mutants were killed."""
    killed = [one for one in outcomes.values() if one.killed]
    dead = sum(not one.started and bool(one.errors) for one in outcomes.values())
    late = sum(one.by_timeout for one in killed)
    idle = len(words) - len(outcomes)
    parts = [f"{len(killed)} killed" + (f" ({late} only by a time limit)" if late else "")]
    parts.append(f"{len(outcomes) - len(killed) - dead} surviving")
    if dead:
        parts.append(f"{dead} that do not start")
    if idle:
        parts.append(f"{idle} without a case")
    different = len({one.row.killed for one in killed if one.row.killed})
    return f"{len(words)} mutants: {', '.join(parts)}; {different} distinguishable, in {seconds:.0f} s"


def listed(mutations: Sequence[Mutation], known: Table) -> str:
    """The list of mutants."""
    from engine.terminal.columns import TextTable, draw, terminal_width

    rows = [
        (one.word, str(len(known.rows[one.word].cases)) if one.word in known.rows else "-", one.what)
        for one in mutations
    ]
    drawn = draw(("mutant", "cases", "fault"), [TextTable("", rows)], terminal_width())
    return f"{drawn}\n{len(rows)} mutants; the table distinguishes {known.distinct}"


def documents(mutations: Sequence[Mutation], known: Table) -> list[dict[str, object]]:
    """The list of mutants for programs."""
    from engine.app.mutation.table import Row

    rows = {one.word: known.rows.get(one.word, Row()) for one in mutations}
    return [
        {
            "mutant": one.word,
            "fault": one.what,
            "killed": list(rows[one.word].killed),
            "timeouts": list(rows[one.word].timeouts),
        }
        for one in mutations
    ]


def outcome_document(one: Outcome) -> dict[str, object]:
    """An outcome for programs."""
    return {
        "mutant": one.mutant,
        "killed": list(one.row.killed),
        "timeouts": list(one.row.timeouts),
        "passed": list(one.passed),
        "errors": dict(one.errors),
    }


COMMAND = Command(
    "mutants",
    "Run cases on deliberately wrong servers and apps.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine mutants", "all mutants, with the cases of the table"),
        ("engine mutants no-date --list", "one mutant, with its fault"),
        ("engine mutants --list", "the mutants, with their faults"),
    ),
)
