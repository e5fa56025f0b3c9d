"""``engine explain``: one result of a run, told whole."""

from __future__ import annotations

import argparse
import sys

from engine.cli.base import Command, format_argument, place_arguments

DESCRIPTION = """\
Tell one result of a run whole: the case and the clauses that it cites, what was
expected and what came, whose fault it is, and on one time line what was sent,
what the server told the application, what that answered, and what came back.

RUN is a run's folder or id, or `last`. CASE is an address or its ending. TARGET
is a target's id or a part of it; it may be left out where one alone is red.

Dates, ports and nonces are replaced by words, so that two results can be
compared; with --for-diff, times and whatever else always differs are left out,
and each connection and each call is told by itself:

  diff <(engine explain last missing-host gunicorn --for-diff) \\
       <(engine explain last missing-host hypercorn --for-diff)"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run_name", metavar="RUN", help="a run's folder or id, or last")
    parser.add_argument("case", metavar="CASE", help="an address, or its ending")
    parser.add_argument("target", nargs="?", default="", metavar="TARGET", help="a target's id, or a part of it")
    parser.add_argument("--raw", action="store_true", help="dates, ports and nonces as they were")
    parser.add_argument("--log", action="store_true", help="all that the server wrote meanwhile")
    parser.add_argument("--for-diff", action="store_true", help="leave out what differs in any two runs")
    format_argument(parser, "explanation", "text", "text, ")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print the explanation. Raises UsageError where RUN, CASE or TARGET means nothing, or several."""
    from engine.app.explain import explain
    from engine.app.project_paths import find
    from engine.reports.base import writer
    from engine.terminal import explanation
    from engine.terminal.columns import terminal_width
    from engine.terminal.paint import paint_for
    from engine.terminal.sources import SourceTexts

    if parsed.format != "text":
        writer(parsed.format, "explanation")
    project_paths = find(parsed.results, parsed.frameworks)
    found = explain(parsed.run_name, parsed.case, parsed.target, project_paths, raw=parsed.raw)
    if parsed.format != "text":
        sys.stdout.write(writer(parsed.format, "explanation")(found))
        return 0
    paint = paint_for(sys.stdout, parsed.color)
    for line in explanation.lines(
        found, SourceTexts(), terminal_width(), for_diff=parsed.for_diff, whole_log=parsed.log, paint=paint
    ):
        sys.stdout.write(line + "\n")
    return 0


COMMAND = Command(
    "explain",
    "Tell one result of a run whole, with all that crossed.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine explain last missing-host", "where one target alone is red"),
        ("engine explain last missing-host uvloop", "on the target of that name"),
        ("engine explain RUN 'size[empty]' quart --raw", "as it was"),
        ("engine explain last status --format json", "for a program"),
    ),
)
