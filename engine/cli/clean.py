"""``engine clean``: remove the containers and networks that a killed run left, or empty the cache."""

from __future__ import annotations

import argparse

from engine.cli.base import Command

DESCRIPTION = """\
Remove the containers and networks of runs whose engine is gone. A run cleans up
after itself, also if it is killed; this command is for the rare case that its
helper process was killed too. Containers of running runs, and those that no
engine started, such as those of compose, are not touched.

With --cache, empty the cache instead: environments, copies of checkouts, parsed
spec files and probes. The next run creates them again. Entries that a running
engine uses are kept."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--cache", action="store_true", help="empty the cache, and keep containers")


def run(parsed: argparse.Namespace) -> int:
    """Clean, and say what was removed. Raises EnvironmentFailed where there is no Docker engine."""
    if parsed.cache:
        return empty()
    from engine.app.cleaning import clean

    left = clean()
    for sort, names in (("container", left.containers), ("network", left.networks)):
        for name in names:
            print(f"removed the {sort} {name}")
    if not left.containers and not left.networks:
        print("nothing was left")
    return 0


def empty() -> int:
    """Empty the cache, and say what stays."""
    from engine.app.cleaning import empty_cache
    from engine.model.quantities import show_size

    found = empty_cache()
    mebibytes = found.size // 1024**2 * 1024**2 or found.size
    folders = "1 folder" if found.gone == 1 else f"{found.gone} folders"
    print(f"removed {folders} with {show_size(mebibytes)} from {found.folder}")
    for folder in found.in_use:
        print(f"left, since an engine uses it: {folder.relative_to(found.folder)}")
    return 0


COMMAND = Command(
    "clean",
    "Remove the containers that a killed run left, or empty the cache.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine clean", "leftovers of runs with --runtime docker"),
        ("engine clean --cache", "free the space that environments take"),
    ),
)
