"""``engine compose``: write docker-compose.yml from the declarations of the frameworks."""

from __future__ import annotations

import argparse

from engine.cli.base import Command

DESCRIPTION = """\
Write docker-compose.yml of a checkout, and the second file that mounts spools.
Each ASGI framework in frameworks/ becomes a service, on the port that `port` in
its framework.yaml declares, or else on the next free one from 8001."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file would change")


def run(parsed: argparse.Namespace) -> int:
    """Write the files; 1 with ``--check`` if one would change. Raises UsageError outside of a checkout."""
    from engine.app import compose_files
    from engine.app.engine import Engine
    from engine.app.project_paths import find, relative

    files = compose_files.made(Engine(find()))
    for file in files:
        if not file.current and not parsed.check:
            file.path.write_text(file.text, "utf-8")
        word = "unchanged" if file.current else "would change" if parsed.check else "written"
        print(f"{word}: {relative(file.path)}")
    return 1 if parsed.check and not all(file.current for file in files) else 0


COMMAND = Command(
    "compose",
    "Write docker-compose.yml from the declarations of the frameworks.",
    arguments,
    run,
    DESCRIPTION,
    (("engine compose", "after a framework was added"), ("engine compose --check", "exit 1 if it is out of date")),
)
