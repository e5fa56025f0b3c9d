"""fcgisgi: FastCGI on asyncio, for ASGI and WSGI apps. It has no command line; the engine brings one (runners/).

It has no WebSockets, which FastCGI has no way for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import display
from engine.targets.catalog.servers.base import GRACEFUL, Server, Start, listens, whole

RUNNERS = Path(__file__).with_name("runners")
PACKAGE = "engine_runners"
# Requests that a WSGI app is given at a time.
THREADS = 50


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    where = ["--bind", display(start.address)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [
        str(start.python), "-m", f"{PACKAGE}.fcgisgi", start.app, *where,
        "--interface", start.interface,
        "--loop", start.loop,
        "--threads", str(THREADS),
        "--grace", str(GRACEFUL),
    ]  # fmt: skip


SERVER = Server(
    name="fcgisgi",
    package="fcgisgi",
    title="fcgisgi, which speaks FastCGI",
    lock=Path(__file__).with_name("fcgisgi.lock"),
    base=base,
    offers=frozenset({"lifespan", "state"}),
    options={"listen": listens(), "grace": lambda value: ["--grace", whole(value, "seconds")]},
    brings={PACKAGE: RUNNERS},
    speaks=frozenset({"fastcgi"}),
    interfaces=frozenset({"asgi", "wsgi"}),
)
