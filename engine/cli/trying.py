"""``engine try``: one case on targets that stay up, run again when its file changes."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    client_argument,
    delivery_argument,
    framework_argument,
    gateway_argument,
    nginx_argument,
    place_arguments,
    project_paths_of,
    server_arguments,
)
from engine.model.target import DOCKER, LOCAL, LOOPS
from engine.terminal import lint_output
from engine.terminal.columns import terminal_width
from engine.terminal.escape import visible
from engine.terminal.paint import Paint, Role, paint_for

if TYPE_CHECKING:
    from engine.app.trying.trial import Trial, Trials
    from engine.model.target import Target

DESCRIPTION = """\
Run one case and show its time line, and run it again when its file changes. The
targets stay up meanwhile. Files of clauses, baselines and apps are watched, too.

With several servers, the time lines are shown side by side where they differ,
with the first difference. Errors of the file are shown as `engine lint` shows
them. Enter runs the case again, q or Ctrl-C ends the command.

With --once the case runs once, and the exit code is that of the verdicts."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", metavar="CASE", help="an address or an id: FILE::CASE, CASE, CASE[VALUE]")
    server_arguments(parser)
    framework_argument(parser, "the bare app, or the first on which the case runs")
    gateway_argument(parser)
    nginx_argument(parser)
    parser.add_argument(
        "--loop", choices=list(LOOPS), default="auto", help="the event loop; auto is the server's own choice"
    )
    delivery_argument(parser)
    client_argument(parser)
    parser.add_argument(
        "--runtime",
        choices=[LOCAL, DOCKER],
        default=LOCAL,
        help="local: processes of this machine; docker: containers (local)",
    )
    parser.add_argument("--once", action="store_true", help="run it once, and return the exit code of the verdicts")
    parser.add_argument("--full", action="store_true", help="every event of long transfers, and all recorded data")
    parser.add_argument(
        "--baseline", default="", metavar="FILE", help="the known failures (known-failures.yaml near the suite)"
    )
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Run the case until the user ends it: 0. With ``--once`` the exit code of the verdicts; 130 after Ctrl-C."""
    from engine.app import launch, open_files
    from engine.app.engine import Engine, RunOptions
    from engine.app.trying.kept_targets import unreported
    from engine.app.trying.trial import Trials
    from engine.cli.serve import heed_interrupts

    engine = Engine(
        project_paths_of(parsed),
        parsed.nginx,
        parsed.runtime,
        baseline=parsed.baseline,
        deliveries=tuple(parsed.delivery),
        client=parsed.client,
    )
    options = RunOptions(
        servers=tuple(parsed.server),
        frameworks=tuple(parsed.framework),
        loop=parsed.loop,
        variants=tuple(parsed.variant),
        gateways=tuple(parsed.gateway),
    )
    engine.targets(options)  # wrong names are reported before anything starts
    engine.activity.listen(installing)
    heed_interrupts()
    open_files.raise_limit()
    screen = Screen(paint_for(sys.stdout, parsed.color), full=parsed.full)
    with tempfile.TemporaryDirectory(prefix="engine-try-", ignore_cleanup_errors=True) as folder:
        trials = Trials(engine, parsed.case, options, Path(folder), unreported if parsed.once else screen.starting)
        try:
            return launch.until_stopped(once(trials, screen) if parsed.once else until_ended(trials, screen))
        except launch.Stopped as error:
            if parsed.once:
                raise KeyboardInterrupt from error
            return 0


async def once(trials: Trials, screen: Screen) -> int:
    """Run the case once. The exit code. Raises what the trial could not run for."""
    try:
        found = await trials.run(screen.show)
    finally:
        await trials.close()
    if found.error is not None:
        raise found.error
    return found.exit_code


async def until_ended(trials: Trials, screen: Screen) -> int:
    """Run the case until q is pressed; 0. It ends as well when its terminal is closed."""
    import asyncio
    import signal

    from engine.app.trying.repeating import Keys, repeat
    from engine.terminal.keys import keys

    task = asyncio.current_task()
    if task is not None and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup ignores it
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, task.cancel)
    pressed = Keys()
    with keys(pressed.take) as screen.has_keys:
        try:
            await repeat(trials, screen, pressed)
        finally:
            await trials.close()
    return 0


def installing(name: str, begun: bool) -> None:
    """Report an environment that is being made."""
    if begun:
        print(f"engine: installing {visible(name)}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Screen:
    """Prints trials. ``has_keys`` is True if keys are read."""

    paint: Paint
    full: bool = False
    has_keys: bool = False

    def begin(self, number: int, cause: str) -> None:
        """Print a line between two trials."""
        if number > 1:
            rule = f"── {time.strftime('%H:%M:%S')} {visible(cause)} "
            print("\n" + self.paint(Role.DIM, rule + "─" * max((terminal_width() or 60) - len(rule), 0)), flush=True)

    def starting(self, target: Target) -> None:
        """Print the start of a target that the trial waits for."""
        print(self.paint(Role.DIM, f"starting {visible(target.id)}"), flush=True)

    def show(self, found: Trial) -> None:
        """Print the results of a trial."""
        from engine.terminal import trial
        from engine.terminal.sources import SourceTexts

        limit = terminal_width()
        if found.diagnostics:
            text = lint_output.text(found.diagnostics, found.sources, limit=limit, paint=self.paint)
            print(text, end="")
        if found.error is not None:
            print(f"{self.paint(Role.FAILING, 'error')}: {visible(str(found.error), lines=True)}")
        elif found.results:
            shown = trial.lines(found.results, SourceTexts(), limit, run=found.run, full=self.full, paint=self.paint)
            print("\n".join(shown))
        sys.stdout.flush()

    def missing(self, path: Path) -> None:
        """Report a watched file that does not exist any more."""
        from engine.app.project_paths import displayed

        print(f"{visible(displayed(path))} is missing; the case runs again when it is back", flush=True)

    def wait(self, watched: Sequence[Path]) -> None:
        """Print the keys."""
        from engine.app.project_paths import displayed
        from engine.terminal.blame import broken

        if watched:
            more = f" and {len(watched) - 1} more files" if len(watched) > 1 else ""
            what = f"waiting for changes of {visible(displayed(watched[0]))}{more}"
            text = f"{what}; Enter: run again, q: quit" if self.has_keys else f"{what}; Ctrl-C ends it"
            print("\n".join(broken(self.paint(Role.DIM, text), terminal_width())), flush=True)


COMMAND = Command(
    "try",
    "Run one case again whenever its file changes.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine try missing-host", "on gunicorn with the bare app"),
        ("engine try wire.yaml::missing-host --server uvicorn-h11", "on another server"),
        ("engine try missing-host --server gunicorn --server hypercorn", "compare two servers"),
        ("engine try missing-host --server reference~missing-host-served", "on a mutant"),
        ("engine try missing-host --server gunicorn==26.2.0", "on another release"),
        ("engine try missing-host --once", "for a script"),
    ),
)
