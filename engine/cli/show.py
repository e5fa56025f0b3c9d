"""``engine show``: one case after expansion: what is sent, what is expected, and where it runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.base import Command, gateway_argument, place_arguments, server_arguments
from engine.errors import UsageError

DESCRIPTION = """\
Show one case as the engine will run it, without running it: where it stands,
the clauses that it cites, the targets on which it runs and why not on others,
what is sent, and what is expected.

CASE is an address (specs/http/scope.yaml::method-is-sent), an id, or either
with the name of a matrix's value (status[404]). $(host), $(run) and $(call)
stand for what only a run knows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("case", metavar="CASE", help="an address or an id")
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH", help="where to look for an id (specs)")
    server_arguments(parser, "all pinned ones")
    gateway_argument(parser)
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Print the case. Raises UsageError where there is none of that name, or several."""
    from engine.app import kinds, launch
    from engine.app.front import ALL, Asked, Front
    from engine.app.places import find
    from engine.app.telling import case as telling
    from engine.app.telling import finding
    from engine.terminal import columns, tree

    front = Front(find(frameworks=parsed.frameworks))
    named = finding.file_of(parsed.case)
    paths = [named] if named and not parsed.paths and Path(named).exists() else parsed.paths
    loaded = front.load(launch.paths_of(paths, front))
    cases = [case for suite in loaded.suites for case in suite.cases]
    gateways = tuple(parsed.gateway)
    targets = front.every(Asked(servers=(ALL, *parsed.server), variants=tuple(parsed.variant), gateways=gateways))
    try:
        case = finding.find(parsed.case, cases, [target.id for target in targets])
    except UsageError as error:
        if loaded.errors:
            raise UsageError(
                error.what, hint=f"{error.hint}\n  documents have mistakes: `engine lint` shows them"
            ) from None
        raise
    stands = telling.standing(case, targets, front.offers, front.unsupported)
    words = front.words
    shown = telling.entries(case, words.loading.clauses, stands, kinds.kinds(), words.operators)
    for line in tree.lines(shown, columns.terminal_width()):
        sys.stdout.write(line + "\n")
    return 0


COMMAND = Command(
    "show",
    "Show one case: what is sent, what is expected, where it runs.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine show specs/http/scope.yaml::repeated-headers", "by its address"),
        ("engine show repeated-headers", "by its id"),
        ("engine show 'bad-content-length[plus]'", "one value of a matrix"),
    ),
)
