"""The strict FastCGI server (engine/reference/fastcgi.py): what mutants of FastCGI are made of.

It is hidden: no list has it, and ``all`` does not select it, since other servers behind nginx are compared with each
other. ``--server reference-fastcgi~NAME`` selects a mutant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.model.network import display
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.reference import PACKAGE, SOURCE


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    where = ["--bind", display(start.address)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [str(start.python), "-m", f"{PACKAGE}.fastcgi", start.app, "--interface", start.interface, *where]


def mutants() -> Mapping[str, str]:
    """The fault of each mutant, by name."""
    from engine.reference.mutants.fastcgi import summaries  # noqa: PLC0415 (few commands need it)

    return summaries()


HIDDEN = Server(
    name="reference-fastcgi",
    package="h11",
    title="the strict FastCGI server",
    lock=Path(__file__).with_name("reference.lock"),
    base=base,
    offers=frozenset({"lifespan", "state"}),
    mutants=mutants,
    brings={PACKAGE: SOURCE},
    speaks=frozenset({"fastcgi"}),
    interfaces=frozenset({"asgi", "wsgi"}),
)
