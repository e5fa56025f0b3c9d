"""``engine ways``: the same request by every way in, and where the application saw something else."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from engine.cli.base import Command, gateway_argument, nginx_argument, place_arguments, server_arguments

DESCRIPTION = """\
Send one case by every way in (directly, and through nginx by HTTP, FastCGI and
uwsgi), and show where the application saw something else: its scope or environ
and the body that it read, value by value. What is the same everywhere is left
out, and so are ports.

Without --server, gunicorn and fcgisgi serve ASGI apps, and pyuwsgi WSGI apps,
which has all four ways. The app is the control.

The exit code is 0 whatever differs, and 3 where nothing could be started."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("case", nargs="+", metavar="CASE", help="an address, or its ending")
    server_arguments(parser, "gunicorn and fcgisgi, or pyuwsgi")
    parser.add_argument("--framework", default="", metavar="NAME", help="another app than the control")
    gateway_argument(parser)
    nginx_argument(parser)
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto", help="the event loop")
    parser.add_argument("--format", choices=("text", "markdown"), default="text", help="text by default")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Send, and print the tables. Raises UsageError for a case that has one way only."""
    from engine.app import addresses, launch, ways
    from engine.app.engine import Engine, RunOptions
    from engine.app.project_paths import find
    from engine.cli.grid import Screen
    from engine.terminal.escape import visible
    from engine.terminal.progress import progress

    front = Engine(find(parsed.results, parsed.frameworks), parsed.nginx)
    frameworks = (parsed.framework,) if parsed.framework else ()
    asked = RunOptions(
        tuple(parsed.server), frameworks, parsed.loop,
        variants=tuple(parsed.variant), gateways=tuple(parsed.gateway),
    )  # fmt: skip
    form = "github" if parsed.format == "markdown" else "simple_outline"
    failed = 0
    for name in parsed.case:
        case = addresses.one(name, front)
        jobs = ways.jobs_of(case, asked, front)
        screen = progress({job.target.id: 1 for job in jobs})
        try:
            with tempfile.TemporaryDirectory(prefix="engine-ways-") as folder:
                found = ways.run(case, jobs, front, Screen(screen), Path(folder))
        except launch.Stopped:
            return 130
        finally:
            screen.close()
        print(f"{case.address}: {case.title}")
        for missing, why in found.missing.items():
            print(f"{missing} is not among them: {visible(why)}", file=sys.stderr)
        if len(found.missing) == len(jobs):
            failed += 1
            continue
        print(visible(ways.text(found, form), lines=True))
        if not found.differences:
            print("the application saw the same by every way")
        print()
    return 3 if failed == len(parsed.case) else 0


COMMAND = Command(
    "ways",
    "Send a case by every way in; show what the app saw otherwise.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine ways specs/fastcgi/checks.yaml::query", "a WSGI app by all four ways"),
        ("engine ways 'echo[text]' --framework starlette", "an ASGI app"),
        ("engine ways echo-json --format markdown", "for a pull request"),
    ),
)
