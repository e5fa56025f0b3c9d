"""The hostile server, as ``engine.targets.catalog.servers`` has any: ``--server hostile~DEED``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import Server, Start
from tests.hostile_servers.server import DEEDS

PROGRAM = Path(__file__).parents[1] / "server.py"


def base(start: Start) -> Sequence[str]:
    """The command line without a deed."""
    host, port = start.address
    where = ["--bind", f"{host}:{port}"] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [str(start.python), str(PROGRAM), start.app, *where]


SERVER = Server(
    name="hostile",
    package="hostile",
    title="a hostile server",
    lock=Path(__file__).with_name("hostile.lock"),
    base=base,
    loops=("auto", "asyncio"),
    variants=tuple(Variant(name, ("--deed", name), summary=what) for name, what in DEEDS.items() if name),
)
