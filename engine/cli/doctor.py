"""``engine doctor``: what is here, what is missing, and what to do."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from engine.cli.base import Command, place_arguments
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.health import HealthFinding

DESCRIPTION = """\
Look at what the engine needs, and say what to do about what is missing. Nothing
is changed; one short request goes to the package index, by way of uv.

ok        as it should be
warn      works, and not as it should
missing   not here, or of no use; the main job runs without what is optional

The exit code is 0 where `engine grid` can run, and 3 where it cannot."""

NAME = 14


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--offline", action="store_true", help="make no request to the package index")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print each finding as it is made; 0, or 3 where the main job cannot run."""
    from engine.app import health
    from engine.app.health.project import Project
    from engine.terminal.columns import terminal_width

    limit = terminal_width() or 100
    blocking = []
    asked = health.checks(Project(parsed.results, parsed.frameworks), offline=parsed.offline)
    for name, finding in health.findings(asked):
        print(drawn(name, finding, limit), flush=True)
        if finding.blocks:
            blocking.append(name)
    if blocking:
        print(f"\n`engine grid` cannot run: see {', '.join(blocking)}")
        return 3
    print("\n`engine grid` can run")
    return 0


def drawn(name: str, finding: HealthFinding, limit: int) -> str:
    """A finding as a line, and the way out below it."""
    margin = f"{finding.state.value:<8} {name:<{NAME}} "
    words = visible(finding.found) + (" (optional)" if finding.optional else "")
    lines = wrapped(words, margin, limit)
    if finding.way_out:
        lines += wrapped(f"-> {visible(finding.way_out)}", " " * len(margin), limit, further="   ")
    return "\n".join(lines)


def wrapped(words: str, margin: str, limit: int, further: str = "") -> list[str]:
    """Words behind a margin, wrapped under themselves."""
    return textwrap.wrap(
        words,
        max(limit, 60),
        initial_indent=margin,
        subsequent_indent=" " * len(margin) + further,
        break_long_words=False,
        break_on_hyphens=False,
    )


COMMAND = Command(
    "doctor",
    "Say what is here, what is missing, and what to do.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine doctor", "before the first run, or when one does not start"),
        ("engine doctor --offline", "without a request to the package index"),
    ),
)
