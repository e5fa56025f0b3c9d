"""``engine new``: make the files of a framework, a server or a suite from a template."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from engine.cli.base import Command, place_arguments, project_paths_of, writing

DESCRIPTION = """\
Make the files of a new framework, server or suite from a template. They work at
once; the output names the files and the next commands.

framework  A folder in frameworks/ with framework.yaml, app.py, requirements.in
           and a lock. app.py has a stub for each endpoint of the contract.
server     A module in the engine's checkout and its requirements. With
           --into, a package that extends the engine.
suite      A YAML file with one case, which passes on the bare app.

Existing files are never overwritten."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("kind", metavar="KIND", help="framework, server or suite")
    parser.add_argument("name", metavar="NAME", help="its name: small letters, digits and hyphens")
    parser.add_argument("--into", default="", metavar="DIR", help="the folder to make it in (a checkout's own)")
    parser.add_argument("--interface", default="asgi", metavar="NAME", help="asgi or wsgi (asgi)")
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Make the files. Raises UsageError for a name that cannot be used or is taken."""
    from engine.app.project_paths import relative
    from engine.app.scaffolds.base import write
    from engine.app.scaffolds.make import scaffold
    from engine.terminal.columns import terminal_width
    from engine.terminal.escape import visible

    made = scaffold(parsed.kind, parsed.name, parsed.into, project_paths_of(parsed), parsed.interface)
    with writing("name another folder with --into"):
        written = write(made)
    for path in written:
        print(f"written: {visible(str(relative(path)))}")
    print("\nnext:")
    for line in listed(made.commands, terminal_width()):
        print(visible(line))
    return 0


def listed(commands: Sequence[tuple[str, str]], width: int) -> list[str]:
    """The commands with their purposes: in two columns if they fit into the width, 0 for any, else below each other."""
    widest = max(len(command) for command, _ in commands)
    rows = [f"  {command:<{widest}}  {purpose}" for command, purpose in commands]
    if not width or all(len(row) <= width for row in rows):
        return rows
    return [line for command, purpose in commands for line in (f"  {command}", f"      {purpose}")]


COMMAND = Command(
    "new",
    "Make a framework, a server or a suite from a template.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine new framework falcon", "frameworks/falcon/"),
        ("engine new framework bottle --interface wsgi", "a WSGI framework"),
        ("engine new server nginx-unit --into .", "a package with a server"),
        ("engine new suite caching --into suites", "suites/caching.yaml"),
    ),
)
