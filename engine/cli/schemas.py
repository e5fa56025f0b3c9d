"""``engine schemas``: write the JSON schemas of all documents into schemas/."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.app.front import Front
from engine.app.grids import relative
from engine.app.places import find
from engine.app.vocabulary import write_schemas
from engine.cli.base import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", nargs="?", default="", metavar="DIR", help="where to (schemas)")


def run(parsed: argparse.Namespace) -> int:
    """Write them, and say which."""
    places = find()
    for path in write_schemas(Path(parsed.folder) if parsed.folder else places.schemas, Front(places).words):
        print(f"written: {relative(path)}")
    return 0


COMMAND = Command("schemas", "Write the JSON schemas of the documents, for editors.", arguments, run)
