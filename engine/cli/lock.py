"""``engine lock``: make the locks of servers, of frameworks and of the project."""

from __future__ import annotations

import argparse
import sys

from engine.cli.base import Command, place_arguments
from engine.errors import EnvironmentFailed
from engine.terminal.escape import visible

DESCRIPTION = """\
Make locks: the pinned requirements from which environments are made. uv resolves
them, which needs the package index.

A server's lock is made from NAME.in next to its module, a framework's from the
requirements.in of its folder, and the project's, constraints.txt, from
pyproject.toml. Versions that still fit stay as they are. Another lock that
would disagree with the result is made as well. Nothing is written unless all of
them could be resolved."""


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
    from engine.app.project_paths import find, relative

    try:
        results = locks.make(
            Engine(find("", parsed.frameworks)), parsed.names, every=parsed.all, upgrade=parsed.upgrade
        )
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
