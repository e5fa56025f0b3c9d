"""``engine coverage``: the clauses of the standards with their cases."""

from __future__ import annotations

import argparse
import json
import sys

from engine.cli.base import Command, place_arguments, project_paths_of
from engine.cli.list import mistakes
from engine.errors import UsageError

DESCRIPTION = """\
Show which clauses of the standards have cases, which of these were proved able to
fail by a mutant, and which clauses have none, with the reason. Without WORD, the
figures of each document and section; with WORD, each clause whose id, section or
text has the word. Nothing is run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "paths", nargs="*", default=[], metavar="PATH|WORD", help="suites (specs); a word of the clauses"
    )
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="for people or programs")
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Print the coverage; 0, or 1 if documents have errors. Raises UsageError for a path that does not exist and
    for words that no clause has, and DocumentError for a record of mutants that cannot be read."""
    from engine.app import addresses
    from engine.app.coverage import covered
    from engine.app.engine import Engine, RunOptions
    from engine.app.lists.base import Stock
    from engine.coverage import formats
    from engine.terminal import columns, coverage
    from engine.terminal.paint import paint_for
    from engine.terminal.streams import write_document

    engine = Engine(project_paths_of(parsed))
    search = [one for one in parsed.paths if not addresses.is_path(one) and addresses.located(one, engine) is None]
    paths = [one for one in parsed.paths if one not in search]
    stock = Stock(engine, addresses.named(paths, engine), RunOptions(), search=tuple(search))
    found = covered(stock)
    if search and not found:
        raise UsageError(f"no clause has {' and '.join(map(repr, search))}", hint="`engine list clauses` lists them")
    match parsed.format:
        case "json":
            write_document(json.dumps(formats.plain(found), indent=2) + "\n")
        case "markdown":
            write_document(formats.markdown(found))
        case _:
            draw = coverage.each if search else coverage.overview
            print(draw(found, columns.terminal_width(), paint_for(sys.stdout, parsed.color)))
    return mistakes(stock)


COMMAND = Command(
    "coverage",
    "Show which clauses have cases, and which do not.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine coverage", "the figures of each document and section"),
        ("engine coverage content-length", "each clause with a word"),
        ("engine coverage --format markdown > coverage.md", "as a document"),
    ),
)
