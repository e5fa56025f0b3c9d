"""``engine grid``: run the cases against every selected target, and draw the grid."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    baseline_argument,
    client_argument,
    corpus_argument,
    counterparts_argument,
    delivery_argument,
    place_arguments,
    project_paths_of,
    run_options,
    runtime_arguments,
    shard_arguments,
    target_arguments,
    whole_number,
)
from engine.documents.diagnostics import Diagnostic
from engine.errors import DocumentError, ResultsError, UsageError
from engine.model.target import LOCAL
from engine.model.verdict import Verdict
from engine.terminal import lint_output
from engine.terminal.columns import terminal_width
from engine.terminal.escape import visible
from engine.terminal.paint import paint_for

if TYPE_CHECKING:
    from engine.app.addresses import NamedCases
    from engine.app.cluster.connection import Cluster
    from engine.app.engine import Engine, RunOptions
    from engine.app.launch import Done
    from engine.execution.planning.plan import Job
    from engine.results.analysis.attribution import Attributions
    from engine.results.analysis.findings import Finding, Wanted
    from engine.results.record.store import Run
    from engine.terminal.paint import Paint
    from engine.terminal.progress import Live, PlainProgress

# The name of the newest run in commands.
LAST = "last"

DESCRIPTION = """\
Run the cases against every selected target, and draw the grid.

Results are written to results/runs/ID: the record of the run (run.ndjson), the
logs of the targets, and the grid (compatibility_grid_LOOP.md and .json). The
grid of a complete run is written to results/ instead: a run of all suites on all
default targets. The exit code is 1 if a verdict breaks the build."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH|CASE", help="suites and cases (specs)")
    target_arguments(parser)
    runtime_arguments(parser)
    delivery_argument(parser)
    client_argument(parser)
    baseline_argument(parser)
    corpus_argument(parser)
    shard_arguments(parser)
    place_arguments(parser)
    parser.add_argument("--from", dest="from_run", default="", metavar="RUN", help="print the grid of an earlier run")
    parser.add_argument(
        "--group-by",
        dest="group_by",
        choices=("server", "framework", "loop"),
        default="",
        help="a table for each server, framework or loop",
    )
    parser.add_argument("--strict", action="store_true", help="also fail the build for warnings and flaky cases")
    parser.add_argument("--flaky-fails", action="store_true", help="fail the build for flaky cases")
    parser.add_argument(
        "--repeat", type=whole_number, default=1, metavar="N", help="run each case N times, and count the passes"
    )
    parser.add_argument("--recheck", action="store_true", help="rerun failing cases in isolation")
    counterparts_argument(parser)
    parser.add_argument("--keep-transcripts", action="store_true", help="keep the traffic of passing cases too")
    parser.add_argument(
        "--on",
        default="",
        metavar="ADDRESS",
        help="run the targets on a Dask cluster, like dask://127.0.0.1:8786; TLS beyond this machine (here)",
    )
    parser.add_argument("--html", default="", metavar="FILE", help="also write the run as an HTML page")
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="also write a report; the suffix selects the format: .xml (JUnit), .md, .json, .csv, .html, .txt (GitHub);"
        " may be repeated",
    )
    parser.add_argument("--failures", action="store_true", help="show each failure with its traffic")


def run(parsed: argparse.Namespace) -> int:
    """Run, draw, and return 1 if a verdict fails the build."""
    from engine.app import addresses, launch, wiring
    from engine.app.engine import Engine
    from engine.app.grids import is_complete
    from engine.app.pages import check_report
    from engine.app.prewarm import first_launch
    from engine.app.project_paths import checked_corpus
    from engine.app.repeating import checked, repeated
    from engine.app.runs import again
    from engine.app.sharding import sharding

    for file in parsed.report:
        check_report(file)
    refuse_cluster(parsed)
    by = sharding(parsed.shard, parsed.weights)
    project_paths = project_paths_of(parsed)
    if parsed.from_run:
        refuse_choice(parsed)
        done, engine = again(parsed.from_run, project_paths), Engine(project_paths)
        results = tuple(
            addresses.placed(one, engine) if one.mismatches or one.warnings else one for one in done.results
        )
        return show(replace(done, results=results), parsed, named=parsed.from_run)
    own = project_paths.own
    corpus = checked_corpus(parsed.corpus or own.run.corpus, project_paths)
    engine = Engine(
        project_paths,
        parsed.nginx,
        parsed.runtime,
        tuple(parsed.url),
        parsed.baseline or own.run.baseline,
        corpus=corpus,
        deliveries=tuple(parsed.delivery),
        client=parsed.client,
    )
    what, times = addresses.named(parsed.paths or own.run.suites, engine), checked(parsed.repeat)
    wanted = run_options(parsed, own)
    # The first target that the options name may be another shard's: nothing is started before the partition is known.
    division = by.divide(engine, chosen(engine, what, wanted)) if by is not None else None
    if division is not None:
        print(f"engine: {division.line if division.jobs else division.idle}", file=sys.stderr)
        if not division.jobs:
            return 0
    screens = ExitStack()

    def prepare() -> launch.Work:
        jobs = chosen(engine, what, wanted) if division is None else division.jobs
        screen = screens.enter_context(progress_of(jobs, engine, parsed.color))
        return launch.Work(repeated(jobs, times), screen, division, what.paths)

    def finished(done: Done) -> int:
        screens.close()
        if done.lost:
            print(f"engine: {done.lost} lines of {done.path} could not be written: {done.trouble}", file=sys.stderr)
        usual = not parsed.delivery and parsed.client == "own" and division is None
        complete = usual and is_complete(what, wanted, engine)
        folder = None if done.interrupted else project_paths.results if complete else done.path.parent
        code = show(done.run, parsed, folder)
        sys.stdout.flush()
        return 130 if done.interrupted else code or (4 if done.lost else 0)

    with screens, cluster_of(parsed.on) as cluster:
        return launch.run(
            engine,
            prepare,
            sys.argv[1:],
            finished,
            early=first_launch(engine, wanted) if division is None and cluster is None else (),
            recheck=parsed.recheck,
            keep_transcripts=parsed.keep_transcripts,
            compare=None if parsed.no_counterparts else wiring.compare(engine, warnings=parsed.strict),
            on=cluster,
        )


def refuse_cluster(parsed: argparse.Namespace) -> None:
    """Raises UsageError for options that a run on a cluster cannot have."""
    if not parsed.on:
        return
    if parsed.recheck:
        hint = "on a cluster nothing runs in isolation; `engine grid CASE --recheck` does so here"
        raise UsageError("--recheck cannot be combined with --on", hint=hint)
    if parsed.runtime != LOCAL:
        hint = "a worker of the cluster starts processes of its machine"
        raise UsageError(f"--runtime {parsed.runtime} cannot be combined with --on", hint=hint)


@contextmanager
def cluster_of(word: str) -> Iterator[Cluster | None]:
    """The cluster that ``--on`` names, connected until it is left; None without one. Raises UsageError."""
    if not word:
        yield None
        return
    from engine.app.cluster.connection import RESOURCE, connect

    cluster = connect(word)
    try:
        workers, places = cluster.places()
        print(f"engine: {cluster.address} has {workers} workers with {RESOURCE}={places}", file=sys.stderr)
        yield cluster
    finally:
        cluster.close()


def refuse_choice(parsed: argparse.Namespace) -> None:
    """Raises UsageError where a run that is drawn again is to be another one."""
    if parsed.corpus:
        raise UsageError(
            "--corpus cannot be combined with --from, since it changes verdicts", hint="--corpus needs a new run"
        )
    options = (
        "server",
        "framework",
        "gateway",
        "category",
        "level",
        "tag",
        "keyword",
        "delivery",
        "extended",
        "shard",
        "on",
    )
    given = [("-k" if name == "keyword" else f"--{name}") for name in options if getattr(parsed, name)]
    if parsed.paths or given:
        what = " and ".join([*parsed.paths[:1], *given[:1]])
        raise UsageError(f"--from prints a complete run, so {what} cannot select a part of it", hint="omit one of them")


def chosen(engine: Engine, what: NamedCases, wanted: RunOptions) -> list[Job]:
    """The jobs that were asked for. Prints errors in the documents, and the reason why a selected framework has no job;
    raises DocumentError if there are errors, and UsageError where there is nothing to do."""
    from engine.app import launch

    loaded = engine.load(what.paths, what.roots, whole=True)
    refuse_mistakes([one for one in loaded.diagnostics if one.is_error])
    cases = what.cases(loaded, extended=wanted.extended)
    if not cases and what.cases(loaded):
        raise UsageError("no case was selected", hint="all of these cases are extended: add --extended")
    jobs = launch.jobs_of(engine, cases, wanted)
    lines = [*launch.left_behind(engine, cases, jobs, wanted), *launch.unread_baselines(engine, loaded, jobs)]
    for line in lines:
        print(f"engine: {visible(line)}", file=sys.stderr)
    return jobs


@contextmanager
def progress_of(jobs: Sequence[Job], engine: Engine, color: str = "auto") -> Iterator[Live | PlainProgress]:
    """Shows the progress of some jobs until it is left. ``color`` is the value of ``--color``."""
    from engine.terminal.progress import progress

    screen = progress(Counter(job.target.id for job in jobs), color)
    engine.activity.listen(screen.install)
    try:
        yield screen
    finally:
        engine.activity.listen(None)
        screen.close()


def refuse_mistakes(mistakes: list[Diagnostic]) -> None:
    """Print the errors and raise DocumentError, if there are any."""
    if mistakes:
        print(lint_output.text(mistakes, limit=terminal_width(), paint=paint_for(sys.stderr)), file=sys.stderr, end="")
        raise DocumentError("spec files with errors are not run", hint="`engine lint` shows them again")


def show(done: Run, parsed: argparse.Namespace, folder: Path | None = None, *, named: str = LAST) -> int:
    """Draw the grid of a run, list what is failing, the warnings and the known failures, write the files into a folder,
    if there is one, and end with the counts, the run and the next command. ``named`` names the run in commands. Secrets
    are masked. The exit code of its verdicts."""
    from engine.app.grids import write
    from engine.app.pages import write_report
    from engine.app.project_paths import displayed
    from engine.reports import table
    from engine.results.analysis.findings import attributions, failing, findings
    from engine.results.analysis.grid import grid_of
    from engine.results.analysis.redaction import redacted, redacted_texts
    from engine.results.analysis.summary import early_end, sentence, summary
    from engine.terminal import grid_colours
    from engine.terminal.columns import available_width
    from engine.terminal.paint import Role, wrap

    recorded, done = done, redacted(done) if parsed.failures else redacted_texts(done)
    report, causes = grid_of(done), attributions(done)
    width = available_width()
    paint = paint_for(sys.stdout, parsed.color)
    print(grid_colours.painted(table.draw(report, width, parsed.group_by), paint))
    wanted = failing(strict=parsed.strict, flaky_fails=parsed.flaky_fails)
    found = findings(done, wanted, causes)
    list_targets(done, width, paint)
    list_failing(found, causes, paint, whole=parsed.failures)
    list_others(done, wanted, command("report", named, parsed, "--format", "markdown"), width, paint)
    code = exit_code(done, strict=parsed.strict, flaky_fails=parsed.flaky_fails)
    try:
        for path in write(recorded, report, folder, causes, parsed.group_by) if folder is not None else ():
            print(f"written: {displayed(path)}")
        for file, form in [*([(parsed.html, "html")] if parsed.html else []), *((file, "") for file in parsed.report)]:
            warning = write_report(Path(file), recorded, project_paths_of(parsed), form)
            print(f"written: {visible(file)}" + (f" ({warning})" if warning else ""))
    except ResultsError as error:
        print(f"engine: {visible(str(error), lines=True)}", file=sys.stderr)
        code = code or 4
    if ended := early_end(done):
        print(visible(ended))
    counts = paint(Role.FAILING if code else Role.PASSING, sentence(summary(done)))
    print("\n".join(wrap(counts, width, further="  ")))
    print(f"run {visible(done.id)}" + next_command(done, found, named, parsed))
    return code


def list_targets(done: Run, width: int, paint: Paint) -> None:
    """List the targets that did not start, each with the end of its log, and the claims of servers that a probe
    refuted."""
    from engine.results.analysis.claims import refuted
    from engine.terminal import run_summary

    for line in run_summary.not_started(done.targets, width, paint):
        print(line)
    for number, claim in enumerate(refuted(done.targets)):
        print("" if number else "\nclaims that a probe refuted:\n", end="")
        print(f"  {visible(claim)}")


def list_failing(found: Sequence[Finding], causes: Attributions, paint: Paint, *, whole: bool) -> None:
    """List what is failing by cause; with ``whole``, each failure with its traffic."""
    from engine.terminal import blame, failure
    from engine.terminal.sources import SourceTexts

    if not found:
        return
    print()
    for line in blame.lines(found, terminal_width(), paint):
        print(line)
    sources = SourceTexts()
    for result in (cell for one in found for cell in one.cells if whole):
        attribution = causes.get((result.address, result.target))
        text = failure.text(result, sources, attribution=attribution, limit=terminal_width(), paint=paint)
        print(f"\n{text}")


def list_others(done: Run, wanted: Wanted, in_full: str, width: int, paint: Paint) -> None:
    """List what does not fail the run and is no plain pass: flaky cases, warnings, known failures, and the reasons why
    nothing ran. ``in_full`` is the command that prints complete lists."""
    from engine.app.project_paths import displayed
    from engine.results.analysis.summary import excused
    from engine.results.analysis.unjudged import nothing_judged
    from engine.terminal import repeats, run_summary, unjudged

    files = [displayed(Path(path)) for path in done.header.get("baselines", ())]
    for line in repeats.lines(done.results):
        print(line)
    lists = (
        run_summary.warnings((one for one in done.results if not wanted(one)), in_full, width, paint),
        run_summary.known_failures(excused(done), in_full, width, paint, files),
        unjudged.lines(done.results) if nothing_judged(done) else (),
    )
    for lines in map(list, lists):
        print("\n" * bool(lines) + "\n".join(lines), end="\n" * bool(lines))
    print()


def next_command(done: Run, found: Sequence[Finding], named: str, parsed: argparse.Namespace) -> str:
    """The line of the command that shows more of the first failure, known failure or warning; "" if there is
    none."""
    from engine.results.analysis.choosing import shortest
    from engine.results.analysis.summary import counted

    order = [cell.first for cell in found]
    for verdict in (Verdict.FLAKY, Verdict.KNOWN, Verdict.WARN):
        order += [one for one in counted(done) if one.verdict is verdict]
    if not order:
        return ""
    return f"\nnext: {visible(command('explain', named, parsed, *shortest(done, order[0])))}"


def command(name: str, run: str, parsed: argparse.Namespace, *words: str) -> str:
    """A command about a run that works as it is printed: it names the same folders as this one."""
    places = ["--results", parsed.results] if parsed.results else []
    places += ["--frameworks", parsed.frameworks] if parsed.frameworks else []
    return shlex.join(["engine", name, run, *words, *places])


def exit_code(done: Run, *, strict: bool, flaky_fails: bool = False) -> int:
    """0, or 1 if a verdict fails the build, the run ended early or a target did not start, or 3 if no case ran."""
    from engine.results.analysis.unjudged import nothing_judged

    if nothing_judged(done):
        return 3
    broken = any(one.breaks_build(strict=strict, flaky_fails=flaky_fails) for one in done.results)
    return 1 if broken or not done.whole or any(row.failed for row in done.targets) else 0


COMMAND = Command(
    "grid",
    "Run the cases and draw the grid of frameworks and categories.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine grid --loop both", "everything, on both event loops"),
        ("engine grid specs/http --framework starlette", "some suites on one framework"),
        ("engine grid --level must --failures", "failures with their traffic"),
        ("engine grid --repeat 5 --recheck", "the passes of each, and in isolation"),
        ("engine grid --from RUN", "draw a run again"),
        ("engine grid --from RUN --group-by framework", "each framework's servers"),
    ),
)
