"""``engine init``: write the settings of a project, from what its folder has."""

from __future__ import annotations

import argparse

from engine.cli.base import Command, writing

DESCRIPTION = """\
Read the working directory, and write conformance.yaml with a suite, a list of
known failures, and a workflow for GitHub.

It knows a project of a server or a framework by its name or its classifiers in
pyproject.toml, and an application by the call that makes it, such as `app =
FastAPI()`. A framework that the engine does not have gets a folder with a stub
for each endpoint, and a server the declaration of its command line. Nothing is
imported or run, and existing files are never overwritten."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--app", default="", metavar="MODULE:APP", help="the application, or NAME=MODULE:APP (the first that is found)"
    )
    one.add_argument("--server", default="", metavar="NAME", help="a server that the engine does not have")
    one.add_argument("--framework", default="", metavar="NAME", help="a framework that the engine does not have")
    parser.add_argument(
        "--interface", default="", choices=("asgi", "wsgi"), help="how it is called (what the project says, or asgi)"
    )


def run(parsed: argparse.Namespace) -> int:
    """Write the files, and say what was found. Raises UsageError if there is nothing to test, and for files that are
    there already."""
    from pathlib import Path

    from engine.app.engine import Engine
    from engine.app.project_paths import find, relative
    from engine.app.scaffolds.base import write
    from engine.app.scaffolds.init import init
    from engine.app.scaffolds.project import NamedProject, found_in
    from engine.app.settings import NONE
    from engine.cli.new import listed
    from engine.terminal.columns import terminal_width
    from engine.terminal.escape import visible

    engine = Engine(find(settings=NONE))
    given = NamedProject(parsed.app, parsed.server, parsed.framework, parsed.interface)
    found = found_in(Path.cwd(), engine.servers, engine.frameworks, given)
    made = init(found, Path.cwd(), engine.project_paths.frameworks)
    with writing("make the folder writable"):
        written = write(made)
    subject = found.app or ", ".join(found.names)
    print(f"found: the {found.sort} {visible(subject)} ({visible(found.reason)})")
    for path in written:
        print(f"written: {visible(str(relative(path)))}")
    print("\nnext:")
    for line in listed(made.commands, terminal_width()):
        print(visible(line))
    return 0


COMMAND = Command(
    "init",
    "Write the settings of a project, with a suite and a workflow.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine init", "in the folder of a server, a framework or an application"),
        ("engine init --app shop.main:app", "for an application that is not found"),
        ("engine init --framework falcon", "for a framework that the engine does not have"),
        ("engine init --server tiny", "for such a server"),
    ),
)
