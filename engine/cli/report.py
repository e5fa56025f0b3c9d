"""``engine report``: a run in one of the report formats."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.base import Command, format_argument, place_arguments
from engine.errors import ResultsError

DESCRIPTION = """\
Write a run as Markdown, JSON, CSV, JUnit XML or annotations for GitHub, to
standard output or to a file. No case runs.

RUN is a run's id or folder, or `last`; `last~1` is the one before.

The exit code is 0 for any run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run_name", nargs="?", default="last", metavar="RUN", help="a run's id or folder (last)")
    format_argument(parser, "grid", "markdown")
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="the file to write (standard output)")
    parser.add_argument(
        "--group-by",
        dest="group_by",
        choices=("server", "framework", "loop"),
        default="",
        help="a table for each server, framework or loop",
    )
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Write the report; 0. Raises UsageError for a run or a format that does not exist, and ResultsError for a run
    that cannot be read or a file that cannot be written."""
    from engine.app.grids import report_of
    from engine.app.project_paths import find
    from engine.reports.base import writer
    from engine.terminal.streams import write_document

    write = writer(parsed.format, "grid")
    text = write(report_of(parsed.run_name, find(parsed.results, parsed.frameworks), parsed.group_by))
    if not parsed.output:
        write_document(text)
        return 0
    try:
        Path(parsed.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResultsError(
            f"{parsed.output} cannot be written: {error.strerror}", hint="name another file with -o"
        ) from error
    return 0


COMMAND = Command(
    "report",
    "Write a run as Markdown, JSON, CSV, JUnit or GitHub annotations.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine report", "the newest run as Markdown"),
        ("engine report last~1 --format json -o run.json", "the run before"),
        ("engine report --format junit -o junit.xml", "for GitLab and Jenkins"),
        ("engine report --format github", "annotations for GitHub"),
    ),
)
