"""``engine lint``: every error of every document, with its place and a remedy."""

from __future__ import annotations

import argparse
import sys

from engine.cli.base import Command, place_arguments, project_paths_of
from engine.terminal import lint_output
from engine.terminal.streams import write_document


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH",
        help="files and folders (conformance.yaml with its suites and frameworks; else specs, frameworks)",
    )
    parser.add_argument("--format", choices=lint_output.FORMATS, default="text", help="the format of the errors")
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Lint; 0 without errors, 1 with some. Raises UsageError for a path that does not exist, and for a
    folder without documents."""
    from engine.app import addresses, declarations, linting
    from engine.app.engine import Engine
    from engine.app.project_paths import relative

    project_paths = project_paths_of(parsed)
    words, folders = parsed.paths, [project_paths.frameworks]
    if not words and project_paths.settings:
        words, folders = linting.of_project(project_paths)
    engine = Engine(linting.readable(project_paths))
    declared = [] if parsed.paths else [relative(path) for one in folders for path in declarations.all_in(one)]
    loaded = linting.lint(engine, addresses.documents(words, engine), declared)
    found, files, cases = loaded.diagnostics, loaded.files, loaded.cases
    match parsed.format:
        case "json":
            write_document(lint_output.json(found, files=files, cases=cases))
        case "github":
            write_document(lint_output.github(found, files=files, cases=cases))
        case _:
            from engine.terminal.columns import terminal_width
            from engine.terminal.paint import paint_for

            paint = paint_for(sys.stdout, parsed.color)
            words = lint_output.text(
                found, loaded.sources, files=files, cases=cases, limit=terminal_width(), paint=paint
            )
            print(words, end="")
    return 1 if loaded.errors else 0


DESCRIPTION = """\
Check spec files and report every error, without running anything: each with its line, a
caret under the value, and a hint. The exit code is 1 if there are errors."""

COMMAND = Command(
    "lint",
    "Check spec files and report every error; nothing is run.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine lint", "suites, contracts and frameworks"),
        ("engine lint path/to/suites", "suites outside the checkout"),
        ("engine lint --format github", "as annotations of a workflow"),
    ),
)
