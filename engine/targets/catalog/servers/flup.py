"""flup: FastCGI on threads, for WSGI apps. It has no command line; the engine brings one (runners/)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import IPV4, UNIX, display
from engine.targets.catalog.servers.base import Server, Start, listens
from engine.targets.catalog.servers.fcgisgi import PACKAGE, RUNNERS, THREADS


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    where = ["--bind", display(start.address)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [str(start.python), "-m", f"{PACKAGE}.flup", start.app, *where, "--threads", str(THREADS)]


SERVER = Server(
    name="flup",
    package="flup",
    title="flup, which speaks FastCGI",
    lock=Path(__file__).with_name("flup.lock"),
    base=base,
    loops=("auto",),
    options={"listen": listens(IPV4, UNIX)},
    brings={PACKAGE: RUNNERS},
    speaks=frozenset({"fastcgi"}),
    interfaces=frozenset({"wsgi"}),
)
