"""``engine logs``: the logs of a run's targets."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from engine.cli.base import Command, place_arguments, project_paths_of, whole_number
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.logs import Log

DESCRIPTION = """\
Show the logs of the targets of the latest run, or list them. A target that was
started several times, for cases with options or a process of their own, has
several logs: gunicorn-control-auto, gunicorn-control-auto.2, ...

Credentials, cookies, values of secret variables and home folders are masked."""

LINES = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("target", nargs="?", default="", metavar="TARGET", help="a target's id; without it, a list")
    parser.add_argument("--run", default="", metavar="RUN", help="a run's id or folder, last~1 and so on (last)")
    parser.add_argument(
        "--lines", type=whole_number, default=LINES, metavar="N", help=f"the last N lines, 0 for all ({LINES})"
    )
    parser.add_argument("--follow", action="store_true", help="print new lines until the run ends")
    parser.add_argument("--secrets", action="store_true", help="mask nothing")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Print the log, or the list of logs. Raises UsageError for a run or a target that there is not."""
    from engine.app import logs, runs
    from engine.errors import UsageError
    from engine.results.analysis.redaction import redacted_text

    if parsed.follow and not parsed.target:
        raise UsageError("--follow needs a target", hint="`engine logs` lists them")
    if parsed.lines < 0:
        raise UsageError(f"--lines is {parsed.lines}", hint="a number of lines, or 0 for all")
    folder = runs.folder(parsed.run, project_paths_of(parsed))
    if not parsed.target:
        print(listed(logs.logs(folder), folder.name, is_over=logs.is_over(folder)))
        return 0
    log = logs.log_of(parsed.target, folder)
    text, end = logs.last_lines(log, parsed.lines)
    mask = str if parsed.secrets else redacted_text
    sys.stdout.write(visible(mask(text), lines=True, tabs=True))
    if text and not text.endswith("\n") and not parsed.follow:
        sys.stdout.write("\n")
    if parsed.follow:
        sys.stdout.flush()
        try:
            for piece in logs.lines_of(logs.follow(log, end, lambda: logs.is_over(folder))):
                sys.stdout.write(visible(mask(piece), lines=True, tabs=True))
                sys.stdout.flush()
        except KeyboardInterrupt:
            return 0
    return 0


def listed(found: list[Log], run_id: str, *, is_over: bool) -> str:
    """The logs of a run, each with its size and its last line."""
    from engine.app.logs import last_lines
    from engine.model.quantities import show_size
    from engine.results.analysis.redaction import redacted_text
    from engine.terminal import columns

    head = f"run {visible(run_id)}{'' if is_over else ', which goes on or was cut short'}"
    if not found:
        return f"{head}: no target was started"
    rows = [(log.name, show_size(log.size), redacted_text(last_lines(log, 1)[0].strip()) or "(empty)") for log in found]
    return f"{head}\n" + columns.draw(
        ("target", "size", "last line"), [columns.TextTable("", rows)], columns.terminal_width()
    )


COMMAND = Command(
    "logs",
    "Show the logs of a run's targets.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine logs", "the logs of the latest run"),
        ("engine logs gunicorn-django-asyncio", "the last lines of one"),
        ("engine logs gunicorn-django-asyncio --follow", "while `engine grid` runs"),
        ("engine logs --run RUN", "those of another run"),
    ),
)
