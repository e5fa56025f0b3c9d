"""``engine explain``: one result of a run in full."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from engine.cli.base import Command, format_argument, place_arguments, project_paths_of
from engine.errors import UsageError
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.project_paths import ProjectPaths
    from engine.model.verdict import JobResult

DESCRIPTION = """\
Show one result of a run in full: the case and the clauses that it cites, the
expected and the actual values, the cause, and on one time line the traffic of
the wire and the calls of the application.

RUN is a run's folder or id, or `last`. CASE is an address or its ending. TARGET
is a target's id or a part of it; it can be omitted if only one fails.
Without CASE, the failures of the run are listed.

Credentials, cookies, values of secret variables and home folders are masked.
Dates, ports and nonces are replaced by words, so that two results can be
compared; with --for-diff, times and whatever else always differs are left out,
and each connection and each call is shown separately:

  diff <(engine explain last missing-host gunicorn --for-diff) \\
       <(engine explain last missing-host hypercorn --for-diff)"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run_name", metavar="RUN", help="a run's folder or id, or last")
    parser.add_argument("case", nargs="?", default="", metavar="CASE", help="an address, or its ending")
    parser.add_argument("target", nargs="?", default="", metavar="TARGET", help="a target's id, or a part of it")
    parser.add_argument("--raw", action="store_true", help="dates, ports and nonces as they were")
    parser.add_argument("--full", action="store_true", help="every event of long transfers, and all recorded data")
    parser.add_argument("--log", action="store_true", help="the full server log of that time, other cases included")
    parser.add_argument("--for-diff", action="store_true", help="leave out what differs in any two runs")
    parser.add_argument("--secrets", action="store_true", help="mask nothing")
    format_argument(parser, "explanation", "text", "text, ")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print the explanation. Raises UsageError where RUN, CASE or TARGET means nothing, or several."""
    from engine.app.explain import explain
    from engine.reports.base import writer
    from engine.terminal import explanation
    from engine.terminal.columns import terminal_width
    from engine.terminal.paint import paint_for
    from engine.terminal.sources import SourceTexts
    from engine.terminal.streams import write_document

    if parsed.format != "text":
        writer(parsed.format, "explanation")
    project_paths = project_paths_of(parsed)
    if not parsed.case:
        return list_failing(parsed, project_paths)
    found = explain(parsed.run_name, parsed.case, parsed.target, project_paths, raw=parsed.raw, secrets=parsed.secrets)
    if parsed.format != "text":
        write_document(writer(parsed.format, "explanation")(found))
        return 0
    paint = paint_for(sys.stdout, parsed.color)
    options = {"for_diff": parsed.for_diff, "whole_log": parsed.log, "full": parsed.full}
    for line in explanation.lines(found, SourceTexts(), terminal_width(), paint=paint, **options):
        sys.stdout.write(line + "\n")
    if found.result.verdict.unmet and not parsed.for_diff and found.row is not None and found.row.runtime != "running":
        sys.stdout.write(f"\nnext: {visible(next_command(parsed, found.result))}\n")
    return 0


def next_command(parsed: argparse.Namespace, result: JobResult) -> str:
    """The command that writes the failure as a folder of its own."""
    words = ["engine", "repro", parsed.run_name, result.address, result.target, "-o", result.case.partition("[")[0]]
    places = [("--results", parsed.results), ("--frameworks", parsed.frameworks)]
    return shlex.join([*words, *(word for name, value in places if value for word in (name, value))])


def list_failing(parsed: argparse.Namespace, project_paths: ProjectPaths) -> int:
    """List the targets of a run that did not start and its failures by cause, to choose a case from; 0. Raises
    UsageError for a run that does not exist or another format than text."""
    from engine.app import runs
    from engine.results.analysis.findings import attributions, failing, findings
    from engine.results.analysis.redaction import redacted_texts
    from engine.results.analysis.summary import early_end, sentence, summary
    from engine.terminal import blame, run_summary
    from engine.terminal.columns import terminal_width
    from engine.terminal.paint import paint_for

    if parsed.format != "text":
        raise UsageError("no case is named", hint=f"`engine report {parsed.run_name}` shows a whole run")
    run = runs.again(parsed.run_name, project_paths)
    run = run if parsed.secrets else redacted_texts(run)
    found = findings(run, failing(), attributions(run))
    width, paint = terminal_width(), paint_for(sys.stdout, parsed.color)
    lines = [*run_summary.not_started(run.targets, width, paint)]
    if found:
        lines += ["", *blame.lines(found, width, paint)]
    if lines:
        print("\n".join(lines[1:]), end="\n\n")
    if ended := early_end(run):
        print(visible(ended))
    print(f"run {visible(run.id)}: {sentence(summary(run))}")
    if found:
        print("`engine explain RUN CASE` shows one result in full")
    elif not lines:
        print(f"nothing is failing{'' if run.whole else ' in these results'}")
    return 0


COMMAND = Command(
    "explain",
    "Show one result in full, including all traffic.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine explain last", "the failures of the newest run"),
        ("engine explain last missing-host", "if it fails on one target only"),
        ("engine explain last missing-host uvloop", "on the target of that name"),
        ("engine explain RUN 'size[empty]' quart --raw", "as it was"),
        ("engine explain last status --format json", "for a program"),
    ),
)
