"""``engine doctor``: a check of the environment."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from engine.cli.base import Command, place_arguments
from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role, paint_for, wrap

if TYPE_CHECKING:
    from engine.app.health import HealthFinding

DESCRIPTION = """\
Check everything that the engine needs, and explain how to fix the rest. Nothing
is changed; uv sends one short request to the package index.

ok        as it should be
warn      works, but not as it should
missing   not available, or unusable; optional parts are not needed for a grid

The exit code is 0 if `engine grid` can run, and 3 if not."""

NAME = 14
ROLES = {"ok": Role.PASSING, "warn": Role.WARNING, "missing": Role.FAILING}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--offline", action="store_true", help="make no request to the package index")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print each finding as it is made; 0, or 3 where the main job cannot run."""
    from engine.app import health
    from engine.app.health.project import Project
    from engine.terminal.columns import terminal_width

    limit, paint = terminal_width() or 100, paint_for(sys.stdout, parsed.color)
    blocking = []
    checks = health.checks(Project(parsed.results, parsed.frameworks), offline=parsed.offline)
    for name, finding in health.findings(checks):
        print(drawn(name, finding, limit, paint), flush=True)
        if finding.blocks:
            blocking.append(name)
    if blocking:
        print(f"\n`engine grid` cannot run: see {', '.join(blocking)}")
        return 3
    print("\n`engine grid` can run")
    return 0


def drawn(name: str, finding: HealthFinding, limit: int, paint: Paint = PLAIN) -> str:
    """A finding as a line, and its remedy below it."""
    optional = finding.optional and not finding.blocks
    state = Role.WARNING if optional and finding.state.value == "missing" else ROLES[finding.state.value]
    margin = f"{paint(state, f'{finding.state.value:<8}')} {paint(Role.HEADING, f'{name:<{NAME}}')} "
    # On a narrow terminal, words stand below the name.
    inner = " " * (width(margin) if limit >= 60 else 4)
    words = visible(finding.found) + (" (optional)" if finding.optional else "")
    lines = wrap(words, limit, first=margin, further=inner)
    if finding.way_out:
        lines += wrap(paint(Role.HINT, f"-> {visible(finding.way_out)}"), limit, first=inner, further=f"{inner}   ")
    return "\n".join(lines)


COMMAND = Command(
    "doctor",
    "Check the environment, and explain how to fix it.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine doctor", "before the first run, or when one does not start"),
        ("engine doctor --offline", "without a request to the package index"),
    ),
)
