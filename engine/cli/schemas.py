"""``engine schemas``: write the JSON schemas of all documents into schemas/."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.base import Command, writing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", nargs="?", default="", metavar="DIR", help="the folder to write to (schemas)")


def run(parsed: argparse.Namespace) -> int:
    """Write them, and say which. Raises UsageError for a folder that cannot be written to."""
    from engine.app.engine import Engine
    from engine.app.project_paths import find, relative
    from engine.app.vocabulary import write_schemas

    project_paths = find()
    # An installation stays as it is.
    usual = Path("schemas") if project_paths.installed else project_paths.schemas
    words = Engine(project_paths).words
    with writing("name another folder"):
        written = write_schemas(Path(parsed.folder) if parsed.folder else usual, words)
    for path in written:
        print(f"written: {relative(path)}")
    return 0


DESCRIPTION = """\
Write the JSON schemas of spec files, which let an editor complete and explain
the language. Run it after a change of a step type or an operator; `engine
doctor` reports outdated schemas."""

COMMAND = Command(
    "schemas",
    "Write the JSON schemas of the documents, for editors.",
    arguments,
    run,
    DESCRIPTION,
    (("engine schemas", "into schemas/"), ("engine schemas elsewhere", "into another folder")),
)
