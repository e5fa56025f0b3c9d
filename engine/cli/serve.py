"""``engine serve``: start one target and leave it running, to send it things by hand."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.base import Command, nginx_argument, server_arguments
from engine.errors import UsageError
from engine.model.target import Launch, Target

if TYPE_CHECKING:
    from engine.app.front import Front

DESCRIPTION = """\
Start one target and leave it running until Ctrl-C. TARGET is a target's id, as
in a test's name: gunicorn-starlette-uvloop, gunicorn==26.2.0-control-auto for
another release. Its log is printed as it grows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("target", metavar="TARGET", help="a target's id: SERVER-FRAMEWORK-LOOP, -GATEWAY behind one")
    server_arguments(parser, "all pinned ones, and what TARGET itself asks for")
    nginx_argument(parser)
    parser.add_argument("--tls", action="store_true", help="serve TLS, with certificates that are made for it")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--frameworks", default="", metavar="DIR", help="the folder of frameworks (frameworks/)")


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C; 0 then, 1 where the server ended by itself."""
    from engine.app.front import Front
    from engine.app.launch import Stopped, until_stopped
    from engine.app.naming import target_called
    from engine.app.places import find

    front = Front(find(frameworks=parsed.frameworks), parsed.nginx)
    target = target_called(front, parsed.target, parsed.server, parsed.variant)
    try:
        return until_stopped(serve(front, target, parsed.port, tls=parsed.tls))
    except Stopped:
        return 0


async def serve(front: Front, target: Target, port: int, *, tls: bool = False) -> int:
    """Start the target, and pass connections on to it until it ends. Raises UsageError where it has no TLS."""
    import asyncio

    from engine.app import workshop
    from engine.app.forward import forward

    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        options: tuple[tuple[str, object], ...] = (("tls", True),) if tls else ()
        if reasons := front.unsupported(target, dict(options)):
            raise UsageError(reasons[0], hint="leave --tls out, or name another target")
        live = await workshop.runtime(front, Path(folder)).start(Launch(target, options))
        try:
            async with forward(port, live.address):
                versions = ", ".join(f"{name} {version}" for name, version in sorted(live.facts.versions.items()))
                where = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
                print(f"{target.id} on {where} ({versions}); Ctrl-C ends it", flush=True)
                if live.tls is not None:
                    print(f"its certificate is signed by {live.tls.ca}", flush=True)
                shown = 0
                while live.ended is None:
                    log = live.log()
                    print(log[shown:], end="", flush=True)
                    shown = len(log)
                    await asyncio.sleep(0.2)
                print(f"{target.id} ended: {live.ended}", flush=True)
                return 1
        finally:
            await live.stop()


COMMAND = Command(
    "serve",
    "Start one target and leave it running.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine list targets", "the ids"),
        ("engine serve gunicorn-starlette-uvloop", "on port 8000"),
        ("engine serve gunicorn-control-auto --port 9000", "on another port"),
        ("engine serve gunicorn==26.2.0-control-auto", "another release"),
        ("engine serve gunicorn@g-control-auto --server gunicorn@../g", "a checkout"),
    ),
)
