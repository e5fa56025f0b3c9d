"""``engine gateways``: one case directly and through each gateway; the values that the application receives
differently."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from engine.cli.base import (
    Command,
    gateway_argument,
    nginx_argument,
    place_arguments,
    project_paths_of,
    server_arguments,
)

DESCRIPTION = """\
Send one case directly, and through nginx by HTTP, FastCGI and uwsgi, and show
each value that the application receives differently: of its scope or environ,
and of the body. Equal values and ports are left out.

Without --server, gunicorn and fcgisgi serve ASGI apps; pyuwsgi, which has all
four gateways, serves WSGI apps. The application is the bare app.

The exit code is 0 with or without differences, and 3 if nothing started."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", nargs="+", metavar="CASE", help="an address, or its ending")
    server_arguments(parser, "gunicorn and fcgisgi, or pyuwsgi")
    parser.add_argument("--framework", default="", metavar="NAME", help="another app than the bare one")
    gateway_argument(parser)
    nginx_argument(parser)
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto", help="the event loop")
    parser.add_argument("--format", choices=("text", "markdown"), default="text", help="text by default")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Send, and print the tables. Raises UsageError for a case that only one gateway fits."""
    from engine.app import addresses, gateway_comparison, launch
    from engine.app.engine import Engine, RunOptions
    from engine.terminal import gateways
    from engine.terminal.columns import available_width
    from engine.terminal.escape import visible
    from engine.terminal.paint import PLAIN, Role, paint_for, wrap
    from engine.terminal.progress import progress

    engine = Engine(project_paths_of(parsed), parsed.nginx)
    frameworks = (parsed.framework,) if parsed.framework else ()
    options = RunOptions(
        tuple(parsed.server), frameworks, parsed.loop,
        variants=tuple(parsed.variant), gateways=tuple(parsed.gateway),
    )  # fmt: skip
    paint = paint_for(sys.stdout, parsed.color) if parsed.format == "text" else PLAIN
    failed = 0
    for name in parsed.case:
        case = addresses.one(name, engine)
        jobs = gateway_comparison.jobs_of(case, options, engine)
        screen = progress({job.target.id: 1 for job in jobs}, parsed.color)
        engine.activity.listen(screen.install)
        try:
            with tempfile.TemporaryDirectory(prefix="engine-gateways-") as folder:
                found = gateway_comparison.run(case, jobs, engine, screen, Path(folder))
        except launch.Stopped:
            return 130
        finally:
            engine.activity.listen(None)
            screen.close()
        title = f"{paint(Role.HEADING, visible(case.address))}: {visible(case.title)}"
        print("\n".join(wrap(title, available_width(), further="  ")))
        for missing, why in found.missing.items():
            print(f"engine: {missing} did not run: {visible(why)}", file=sys.stderr)
        if len(found.missing) == len(jobs):
            failed += 1
            continue
        if parsed.format == "markdown":
            print(visible(gateway_comparison.markdown(found), lines=True))
        else:
            for line in gateways.lines(found.differences, found.verdicts, available_width(), paint):
                print(line)
        if not found.differences:
            print("the application received the same values through every gateway")
        print()
    return 3 if failed == len(parsed.case) else 0


COMMAND = Command(
    "gateways",
    "Send a case through each gateway; show the differences.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine gateways specs/fastcgi/checks.yaml::query", "a WSGI app"),
        ("engine gateways 'echo[text]' --framework starlette", "an ASGI app"),
        ("engine gateways echo-json --format markdown", "for a pull request"),
    ),
    formerly="ways",
)
