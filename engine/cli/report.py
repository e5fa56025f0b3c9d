"""``engine report``: a run, or two of them, in one of the report formats."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.base import Command, format_argument, place_arguments, project_paths_of
from engine.errors import UsageError
from engine.terminal.escape import visible

DESCRIPTION = """\
Write a run as HTML, Markdown, JSON, CSV, JUnit XML or annotations for GitHub,
to standard output or to a file. No case runs.

RUN is a run's id or folder, or `last`; `last~1` is the one before. With two
runs, the report is about the changes from the first to the second.

The HTML is one file without any other: a matrix, the findings, every result
with its traffic, and the clauses. The suffix of FILE selects the format.

Credentials, cookies, values of secret variables and home folders are masked.

The exit code is 0 for any run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "runs", nargs="*", default=[], metavar="RUN", help="a run's id or folder (last); two of them are compared"
    )
    format_argument(parser, "grid", "", "by the suffix of FILE, else markdown; ")
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="the file to write (standard output)")
    parser.add_argument(
        "--group-by",
        dest="group_by",
        choices=("server", "framework", "loop"),
        default="",
        help="a table for each server, framework or loop",
    )
    parser.add_argument("--secrets", action="store_true", help="mask nothing")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Write the report; 0. Raises UsageError for a run or a format that does not exist, and ResultsError for a run
    that cannot be read or a file that cannot be written."""
    from engine.app.grids import report_of
    from engine.app.pages import save
    from engine.reports.base import by_suffix, writer
    from engine.terminal.streams import write_document

    if len(parsed.runs) > 2:
        raise UsageError(f"{parsed.runs[2]} is a third run", hint="name one run, or two to compare them")
    form = parsed.format or by_suffix(parsed.output) or "markdown"
    *earlier, named = parsed.runs or ["last"]
    # HTML shows both runs; of other formats each is about one subject.
    subject = "comparison" if earlier and form != "html" else "grid"
    write = writer(form, subject)
    paths = project_paths_of(parsed)
    report = report_of(named, paths, parsed.group_by, earlier=next(iter(earlier), ""), secrets=parsed.secrets)
    text = write(report.comparison if subject == "comparison" else report)
    if not parsed.output:
        write_document(text)
        return 0
    if warning := save(Path(parsed.output), text):
        print(f"engine: {visible(parsed.output)}: {warning}", file=sys.stderr)
    return 0


COMMAND = Command(
    "report",
    "Write a run as HTML, Markdown, JSON, CSV, JUnit or GitHub annotations.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine report", "the newest run as Markdown"),
        ("engine report -o report.html", "as a page with all traffic"),
        ("engine report last~1 last -o report.html", "with the changes between two runs"),
        ("engine report last~1 --format json -o run.json", "the run before"),
        ("engine report --format junit -o junit.xml", "for GitLab and Jenkins"),
        ("engine report --format github", "annotations for GitHub"),
    ),
)
