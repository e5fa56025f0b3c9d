"""``engine mutants``: run cases on servers and apps with one deliberate fault."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.cli.base import Command, place_arguments, positive_number, project_paths_of, whole_number, writing
from engine.errors import NothingToRun, UsageError
from engine.results.analysis.summary import plural
from engine.terminal.paint import Role, paint_for

if TYPE_CHECKING:
    from engine.app.mutation.catalogue import Mutation
    from engine.app.mutation.judging import Outcome
    from engine.app.mutation.table import Table
    from engine.model.target import Target
    from engine.terminal.paint import Paint

DESCRIPTION = """\
Run cases on mutants: the reference server and the bare apps with one deliberate
fault each. A case that fails there by an expectation kills the mutant; this
proves that the case can fail.

By default, the cases run that specs/mutants.json names for a mutant: its rarest
ones, and each case on one mutant at least. `--whole` runs every case that fits,
and --write updates the table with the result. Cases of the table that kill
nothing run once more, one at a time, and then on others of their mutants. The exit
code is 1 if a mutant of the table survives, or a case of the table kills none."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="mutants, as reference~no-date or no-date, or all of a family, which are the titles of --list",
    )
    parser.add_argument("--list", action="store_true", help="list the mutants by family, and how many cases kill each")
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
    parser.add_argument("--sample", type=positive_number, default=0, metavar="N", help="N random ones of the mutants")
    parser.add_argument("--seed", type=whole_number, metavar="N", help="the seed of the random choice (0)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for programs")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Run the mutants; 1 if the table claims a kill that does not happen. Raises UsageError for an unknown name, and
    DocumentError for a malformed table and for suites with errors."""
    from engine.app.engine import Engine
    from engine.app.launch import Stopped
    from engine.app.mutation import catalogue, choosing, judging, running, table

    if parsed.write and not parsed.whole:
        raise UsageError("--write is only for `--whole`", hint="the table needs the result of every case")
    if (parsed.cases or parsed.shared) and not parsed.whole:
        raise UsageError("--cases and --shared are only for `--whole`", hint="without it, the table names the cases")
    if parsed.list and parsed.whole:
        raise UsageError("--list runs nothing, so --whole does not apply to it", hint="omit one of them")
    if parsed.seed is not None and not parsed.sample:
        raise UsageError("--seed is only for `--sample`", hint="--sample N chooses N mutants at random")
    seed = parsed.seed or 0
    engine = Engine(project_paths_of(parsed))
    path = engine.project_paths.specs / table.FILE
    known = table.read(path)
    mutations = catalogue.every(engine)
    if parsed.generated:
        if parsed.names or parsed.write:
            raise UsageError(
                "--generated goes with --sample and --seed", hint="a single one: engine grid --server NAME"
            )
        wanted = catalogue.sampled(parsed.sample, seed)
    else:
        wanted = catalogue.chosen(mutations, parsed.names)
    if parsed.sample and not parsed.generated:
        sample = set(choosing.sampled([one.word for one in wanted], parsed.sample, seed))
        wanted = [one for one in wanted if one.word in sample]
    if parsed.list:
        if parsed.format == "json":
            print(json.dumps(documents(wanted, known), indent=1))
        else:
            print(listed(wanted, known), end="\n\n")
            narrowed = bool(parsed.names or parsed.sample or parsed.generated)
            print(plural(len(wanted), "mutant") + ("" if narrowed else f"; the table distinguishes {known.distinct}"))
        return 0
    words = [one.word for one in wanted]
    faults = {one.word: one.what for one in wanted}
    chosen = None if parsed.whole or parsed.generated else choosing.of_table(known, words)
    targets = catalogue.targets(engine, wanted)
    cases = running.cases_of(engine, parsed.cases, shared=parsed.shared)
    jobs = running.jobs_on(engine, cases, targets, chosen)
    if not jobs and chosen is not None:
        raise NothingToRun("the table names no case for these mutants", hint="--whole runs every case that fits")
    if not jobs:
        raise NothingToRun("no case ran", hint="\n  ".join(running.reasons(engine, cases, targets)))
    notes = sys.stderr if parsed.format == "json" else sys.stdout
    paint = paint_for(sys.stdout, parsed.color)
    began = time.monotonic()

    def show(one: Outcome) -> None:
        if parsed.format == "text":
            print(line(one, paint, faults[one.mutant] if parsed.generated else ""), flush=True)

    def alone(which: Mapping[str, frozenset[str]], there: dict[Target, str]) -> dict[str, Outcome]:
        pairs = running.jobs_on(engine, cases, there, which)
        return running.run(engine, pairs, there, lambda one: None, limits=running.ALONE) if pairs else {}

    try:
        outcomes = running.run(engine, jobs, targets, show, until_killed=parsed.generated)
        # What a busy machine hid counts for nothing: such a case runs once more, with nothing beside it.
        again = judging.unproved(known, chosen or {}, outcomes)
        if again:
            print(second_look(again), file=notes, flush=True)
            second = alone(again, targets)
            outcomes = {
                name: judging.after_second_look(one, second[name]) if name in second else one
                for name, one in outcomes.items()
            }
        third: dict[str, Outcome] = {}
        further = judging.elsewhere(known, chosen or {}, outcomes)
        if further:
            print(third_look(further), file=notes, flush=True)
            third = alone(further, catalogue.targets(engine, [one for one in mutations if one.word in further]))
            outcomes = {
                name: judging.after_second_look(one, third[name]) if name in third else one
                for name, one in outcomes.items()
            }
    except Stopped:
        raise KeyboardInterrupt from None
    claims = judging.refuted(known, chosen or {}, outcomes, third)
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
            ran = running.cases_by_mutant(jobs, targets)
            rows = {name: known.merged(name, row, ran[name]) for name, row in rows.items()}
        with writing("the table lies next to the suites"):
            path.write_text(table.text_of(known.updated(rows, [one.word for one in mutations])), "utf-8")
        print(f"written: {path.name}", file=notes)
    return int(bool(claims.broken))


def second_look(again: Mapping[str, Collection[str]]) -> str:
    """The line before cases that did not kill their mutants run again."""
    several = sum(len(cases) for cases in again.values()) > 1
    pairs = plural(sum(map(len, again.values())), "case")
    return f"{pairs} did not kill {'their mutants' if several else 'its mutant'}: once more, one at a time"


def third_look(further: Mapping[str, Collection[str]]) -> str:
    """The line before what is not proved yet is proved on others."""
    pairs = plural(sum(map(len, further.values())), "more pair")
    return f"a case may kill another of its mutants, and another case its mutant: {pairs} of the table"


def line(one: Outcome, paint: Paint, change: str = "") -> str:
    """An outcome in one line: the mutant with its change of the code, if it is generated, and the cases that kill
    it."""
    name = one.mutant + (f"  {change}" if change else "")
    if not one.started and one.errors:
        return f"{paint(Role.DIM, 'no start')}   {name}"
    if not one.killed:
        why = f"{plural(len(one.passed), 'case')} {'passes' if len(one.passed) == 1 else 'pass'}" + (
            f", {len(one.errors)} in an error: {one.errors[0][1]}" if one.errors else ""
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
    return f"{plural(len(words), 'mutant')}: {', '.join(parts)}; {different} distinguishable, in {seconds:.0f} s"


def listed(mutations: Sequence[Mutation], known: Table) -> str:
    """The list of mutants, by family."""
    from engine.terminal.columns import TextTable, draw, terminal_width

    groups: dict[str, list[tuple[str, str, str]]] = {}
    for one in mutations:
        cases = str(len(known.rows[one.word].cases)) if one.word in known.rows else "-"
        groups.setdefault(one.group, []).append((one.word, cases, one.what))
    tables = [TextTable(group, rows) for group, rows in groups.items()]
    return draw(("mutant", "cases", "fault"), tables, terminal_width())


def documents(mutations: Sequence[Mutation], known: Table) -> list[dict[str, object]]:
    """The list of mutants for programs."""
    from engine.app.mutation.table import Row

    rows = {one.word: known.rows.get(one.word, Row()) for one in mutations}
    return [
        {
            "mutant": one.word,
            "family": one.group,
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
