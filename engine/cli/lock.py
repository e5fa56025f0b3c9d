"""``engine lock``: make the locks of servers, of frameworks and of the project."""

from __future__ import annotations

import argparse
import sys

from engine.cli.base import Command, place_arguments, project_paths_of
from engine.errors import EnvironmentFailed
from engine.terminal.escape import visible

DESCRIPTION = """\
Create lock files: the pinned requirements of environments. uv resolves them,
which requires the package index.

The lock file of a server is made from NAME.in next to its module, that of a
framework from requirements.in in its folder, and that of the project,
constraints.txt, from pyproject.toml. Versions that still fit are kept. Other
lock files that would conflict with the result are updated as well. Nothing is
written unless all of them can be resolved."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names", nargs="*", default=[], metavar="NAME", help="a server, a framework, or `project` for the engine itself"
    )
    parser.add_argument("--all", action="store_true", help="every server, every framework and the project")
    parser.add_argument("--upgrade", action="store_true", help="move what is named to the newest versions that fit")
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Make them, and say which. Raises UsageError and EnvironmentFailed."""
    from engine.app import locks
    from engine.app.engine import Engine
    from engine.app.project_paths import relative

    try:
        results = locks.make(Engine(project_paths_of(parsed)), parsed.names, every=parsed.all, upgrade=parsed.upgrade)
    except EnvironmentFailed as error:
        if error.log:
            print(visible(error.log, lines=True), file=sys.stderr)
        raise
    for one in results:
        print(f"{'written' if one.changed else 'unchanged'}: {relative(one.lock.path)}")
    return 0


COMMAND = Command(
    "lock",
    "Make the locks of servers, frameworks and the project.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine lock falcon", "a framework"),
        ("engine lock gunicorn --upgrade", "a server, newest releases"),
        ("engine lock project", "constraints.txt, for the engine"),
        ("engine lock --all", "all of them"),
    ),
)
