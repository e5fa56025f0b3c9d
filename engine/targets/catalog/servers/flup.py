"""flup: FastCGI on threads, for WSGI apps. It has no command line; the engine brings one (runners/)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.fcgisgi import PACKAGE, RUNNERS, THREADS


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    host, port = start.address
    where = ["--bind", f"{host}:{port}"] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [str(start.python), "-m", f"{PACKAGE}.flup", start.app, *where, "--threads", str(THREADS)]


SERVER = Server(
    name="flup",
    package="flup",
    title="flup, which speaks FastCGI",
    lock=Path(__file__).with_name("flup.lock"),
    base=base,
    loops=("auto",),
    brings={PACKAGE: RUNNERS},
    speaks=frozenset({"fastcgi"}),
    interfaces=frozenset({"wsgi"}),
)
