"""``engine clean``: remove the containers and networks that a killed run left."""

from __future__ import annotations

import argparse

from engine.cli.base import Command

DESCRIPTION = """\
Remove the containers and networks of runs whose engine is gone. A run clears up
after itself, and somebody clears up after it where it is killed; this is for
what is left where both were. Containers of runs that still go on, and those
that no engine started, compose's among them, are not touched."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes: nothing."""
    del parser


def run(parsed: argparse.Namespace) -> int:
    """Clean, and say what was removed. Raises EnvironmentFailed where there is no Docker engine."""
    from engine.app.cleaning import clean

    del parsed
    left = clean()
    for sort, names in (("container", left.containers), ("network", left.networks)):
        for name in names:
            print(f"removed the {sort} {name}")
    if not left.containers and not left.networks:
        print("nothing was left")
    return 0


COMMAND = Command(
    "clean",
    "Remove the containers that a killed run left.",
    arguments,
    run,
    DESCRIPTION,
    (("engine clean", "what is left of runs with --runtime docker"),),
)
