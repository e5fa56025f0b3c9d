"""``engine serve``: start one target and keep it running, for requests of your own."""

from __future__ import annotations

import argparse
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import (
    Command,
    framework_argument,
    nginx_argument,
    place_arguments,
    project_paths_of,
    server_arguments,
    whole_number,
)
from engine.errors import UsageError
from engine.model.network import authority, unix_path
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from engine.app.engine import Engine
    from engine.app.serving import Serving

DESCRIPTION = """\
Start one target and leave it running until Ctrl-C. TARGET is a target's id, as
in a test's name: gunicorn-starlette-uvloop, gunicorn==26.2.0-control-auto for
another release. Its log is printed as it grows.

With --case it is started with the options that the case requires, TLS included,
and the application plays the case's script for every request. Without TARGET it
is the first target on which the case runs."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "target", nargs="?", default="", metavar="TARGET",
        help="a target's id: SERVER-FRAMEWORK-LOOP, -GATEWAY behind one",
    )  # fmt: skip
    parser.add_argument(
        "--case", default="", metavar="CASE", help="use the options and the script of this case: an address or an id"
    )
    server_arguments(parser, "all pinned ones, and that of TARGET")
    framework_argument(parser, "all pinned ones, and that of TARGET")
    nginx_argument(parser)
    parser.add_argument("--tls", action="store_true", help="serve TLS, with new certificates")
    parser.add_argument(
        "--port",
        type=whole_number,
        default=8000,
        metavar="N",
        help="the port to listen on, 0 for any that is free (8000)",
    )
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C; 0 then, 1 where the server ended by itself."""
    from engine.app import serving
    from engine.app.addresses import one
    from engine.app.engine import Engine
    from engine.app.launch import Stopped, until_stopped
    from engine.app.naming import target_called

    if not parsed.target and not parsed.case:
        raise UsageError("no target is given", hint="name a TARGET, or a case with --case")
    engine = Engine(project_paths_of(parsed), parsed.nginx)
    case = one(parsed.case, engine) if parsed.case else None
    if parsed.target or case is None:
        target = target_called(engine, parsed.target, parsed.server, parsed.variant, parsed.framework)
    else:
        target = serving.target_for(engine, case, parsed.server, parsed.variant, parsed.framework)
    what = serving.serving(engine, target, parsed.port, case=case, tls=parsed.tls)
    heed_interrupts()
    try:
        return until_stopped(serve(engine, what))
    except Stopped:
        return 0


def heed_interrupts() -> None:
    """Let SIGINT end the command. A shell starts what a script runs in its background with SIGINT ignored, and nothing
    else would end this command."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


async def serve(engine: Engine, what: Serving) -> int:
    """Start the target, and print its log until it ends. Raises what starting it raises."""
    import asyncio

    from engine.app.serving import started

    target, case = what.target, what.case
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        async with started(engine, what, Path(folder)) as live:
            versions = ", ".join(f"{name} {version}" for name, version in sorted(live.facts.versions.items()))
            where = f"{'http' if live.tls is None else 'https'}://{authority(live.address)}"
            if path := unix_path(live.address):
                where = f"{where} at the Unix socket {path}"
            print(f"{target.id} on {where} ({versions}); Ctrl-C ends it", flush=True)
            if case is not None and case.scripted:
                print(f"the application plays the script of {case.address} for every request", flush=True)
            if live.tls is not None:
                print(f"its certificate is signed by {live.tls.ca}", flush=True)
                if live.tls.asks:
                    print(f"a client's certificate and key are in {live.tls.client}", flush=True)
            printed = 0
            over = False
            while not over:
                over = live.ended is not None  # before the log is read, so that its last lines are printed too
                log = live.log()
                print(visible(log[printed:], lines=True, tabs=True), end="", flush=True)
                printed = len(log)
                await asyncio.sleep(0 if over else 0.2)
            print(f"{target.id} ended: {live.ended}", flush=True)
            return 1


COMMAND = Command(
    "serve",
    "Start one target and leave it running.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine list targets", "the ids"),
        ("engine serve gunicorn-starlette-uvloop", "on port 8000"),
        ("engine serve gunicorn-control-auto --port 9000", "another port"),
        ("engine serve gunicorn==26.2.0-control-auto", "another release"),
        ("engine serve gunicorn@../gunicorn-control-auto", "a checkout"),
        ("engine serve gunicorn-starlette==1.0.0-auto", "a framework's release"),
        ("engine serve --case sent-before-the-end", "with its script"),
    ),
)
