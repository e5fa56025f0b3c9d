"""``engine site``: runs as a static site of support tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.base import Command, place_arguments, project_paths_of
from engine.terminal.escape import visible

DESCRIPTION = """\
Write the support tables of some runs as a static site: a page for each clause,
feature, server, release, framework and standard, badges, and data.json.
No case runs.

RUN is a run's id or folder, or `last`. With runs of several releases of a
server, the site shows what each release broke and fixed. Several runs of one
release are joined; the latest result of a case counts.

Credentials, cookies, values of secret variables and home folders are masked.
The pages need no script and no network; runs/ has the report of each run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("runs", nargs="*", default=[], metavar="RUN", help="runs by id or folder (last)")
    parser.add_argument("-o", "--output", default="site", metavar="DIR", help="the folder to write (site/)")
    parser.add_argument(
        "--history", default="", metavar="FILE", help="the document of known bugs (history.yaml of the suites)"
    )
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Write the site; 0. Raises UsageError for a run or a document that does not exist and for a folder with other
    files, and ResultsError for a run that cannot be read or a file that cannot be written."""
    from engine.app.sites import INDEX, source_of, write

    source = source_of(parsed.runs or ["last"], project_paths_of(parsed), history=parsed.history)
    number = write(source, Path(parsed.output))
    print(f"written: {visible(str(Path(parsed.output) / INDEX))} and {number - 1:,} other files")
    return 0


COMMAND = Command(
    "site",
    "Write runs as a static site of support tables.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine site", "the newest run, in site/"),
        ("engine site RUN RUN -o public", "two runs, for example of two releases"),
    ),
)
