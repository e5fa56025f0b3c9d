"""``engine list``: the things in the documents and in the engine."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    asked_cases,
    case_arguments,
    framework_argument,
    gateway_argument,
    http_argument,
    place_arguments,
    project_paths_of,
    server_arguments,
)
from engine.errors import UsageError
from engine.model.target import HTTP_1_1, HTTP_VERSIONS
from engine.results.analysis.summary import plural
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.lists.base import ListKind, Stock

DESCRIPTION = """\
List suites, cases, categories, clauses, frameworks, servers,
gateways, capabilities, targets, runs; and the words of the language: step-types,
operators, facts, literals, commands. Without WHAT, the lists with their counts."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("what", nargs="?", default="", metavar="WHAT", help="the list")
    parser.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH|CASE|WORD",
        help="suites and cases (specs); of clauses also a word of their text",
    )
    case_arguments(parser)
    parser.add_argument("--cite", action="append", default=[], metavar="CLAUSE", help="cases that cite this clause")
    parser.add_argument("--uncited", action="store_true", help="of clauses: only those without a case")
    parser.add_argument(
        "--mutants", action="store_true", help="of servers: also the mutants, which are deliberately wrong"
    )
    server_arguments(parser, "of targets: all pinned ones")
    framework_argument(parser, "of targets: all pinned ones")
    gateway_argument(parser)
    http_argument(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for programs")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print the list; 0, or 1 if documents have errors, so that the list may be incomplete.

    Raises UsageError for a list, a path, a category, a clause or a folder of results that there is not.
    """
    from engine.app import addresses
    from engine.app.engine import Engine
    from engine.app.lists import pick, sorts
    from engine.app.lists.base import Stock
    from engine.app.runs import NAMES_FOLDER
    from engine.terminal import columns
    from engine.terminal.paint import paint_for

    known, paint = sorts(), paint_for(sys.stdout, parsed.color)
    picked = pick(parsed.what) if parsed.what else None
    engine = Engine(project_paths_of(parsed))
    if parsed.results and not engine.project_paths.results.is_dir():
        # The usual folder may be made later; a named folder that does not exist is a slip of the pen.
        raise UsageError(f"there is no folder {parsed.results}", hint=NAMES_FOLDER)
    paths, search = parsed.paths, []
    if picked is not None and picked.name == "clauses":
        # A word that names no file or folder is searched for.
        search = [word for word in paths if not addresses.is_path(word) and addresses.located(word, engine) is None]
        paths = [word for word in paths if word not in search]
    stock = Stock(
        engine,
        addresses.named(paths, engine),
        asked_cases(parsed),
        parsed.cite,
        parsed.uncited,
        tuple(search),
        parsed.mutants,
    )
    if picked is None:
        counts = [(sort, len(sort.make(stock).items)) for sort in known.values()]
        if parsed.format == "json":
            print(
                json.dumps(
                    [{"name": one.name, "count": count, "summary": one.summary} for one, count in counts], indent=2
                )
            )
        else:
            table = columns.TextTable("", [(sort.name, str(count), sort.summary) for sort, count in counts])
            print(columns.draw(("list", "count", "description"), [table], columns.terminal_width(), paint))
        return mistakes(stock)
    sort = picked
    refuse_choice(sort, parsed)
    if parsed.uncited and sort.name != "clauses":
        raise UsageError(f"--uncited does not apply to {sort.name}", hint="engine list clauses --uncited")
    listing = sort.make(stock)
    if parsed.format == "json":
        print(json.dumps(listing.items, indent=2))
    else:
        none = f"no {sort.name}" + (f" with {' and '.join(map(visible, search))}" if search else "")
        print(columns.draw(listing.head, listing.tables, columns.terminal_width(), paint) or none)
        if sort.name == "cases" and HTTP_1_1 not in HTTP_VERSIONS[parsed.http or HTTP_1_1]:
            print(f"\n{over_http2(stock)}")
    return mistakes(stock) if sort.filtered else 0


def over_http2(stock: Stock) -> str:
    """The number of listed cases, which run over HTTP/2, and of the others of the same selection, in words."""
    listed, whole = len(stock.cases), replace(stock, options=replace(stock.options, http=HTTP_1_1))
    every = len(whole.cases)
    return f"{listed:,} of {every:,} cases run over HTTP/2; {every - listed:,} are bound to HTTP/1.1"


def refuse_choice(sort: ListKind, parsed: argparse.Namespace) -> None:
    """Raises UsageError where paths or options select cases for a list that is not made from suites."""
    from engine.app.lists import sorts

    options = ("category", "level", "tag", "keyword", "cite")
    given = [("-k" if name == "keyword" else f"--{name}") for name in options if getattr(parsed, name)]
    given = [*map(repr, parsed.paths), *given]
    if sort.filtered or not given:
        return
    able = ", ".join(name for name, one in sorts().items() if one.filtered)
    raise UsageError(
        f"`engine list {sort.name}` lists all {sort.name} and does not take {' and '.join(map(visible, given))}",
        hint=f"paths and options that select cases go with {able}",
    )


def mistakes(stock: Stock) -> int:
    """Report on standard error that documents have errors, if they do. The exit code."""
    errors = stock.loaded.errors
    if errors:
        files = dict.fromkeys(one.place.file for one in stock.loaded.diagnostics if one.is_error)
        sys.stdout.flush()
        where = f"{plural(errors, 'error')} in {visible(', '.join(files))}"
        print(f"engine: {where}; the cases with errors are not listed\n  `engine lint` shows them", file=sys.stderr)
    return 1 if errors else 0


COMMAND = Command(
    "list",
    "List cases, targets, clauses, and the language's words.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine list", "the names of the lists"),
        ("engine list cases specs/http --level must", "some of the cases"),
        ("engine list cases --cite SCOPE-01", "those that cite a clause"),
        ("engine list cases --http 2", "those that run over HTTP/2, and how many do not"),
        ("engine list clauses trailer", "those whose text has a word"),
        ("engine list clauses --uncited", "those that no case cites yet"),
        ("engine list runs", "the recorded runs"),
        ("engine list step-types", "the step types and their keys"),
        ("engine list servers", "with their options"),
        ("engine list targets --format json", "for a program"),
    ),
)
