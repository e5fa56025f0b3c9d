"""The reference server with its adapter for WSGI (engine/reference/wsgi.py), of which mutants are made.

It is hidden: no list has it, and ``all`` does not select it. ``--server reference-wsgi`` selects it, and
``--server reference-wsgi~NAME`` a mutant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.targets.catalog.servers import reference
from engine.targets.catalog.servers.base import Start, unknown_mutant


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    return [*reference.base(start), "--interface", "wsgi", "--lifespan", "off"]


def mutants() -> Mapping[str, str]:
    """The fault of each mutant, by name. It imports the server, with what it is made of."""
    from engine.reference.mutants.wsgi import summaries  # noqa: PLC0415 (few commands need it)

    return summaries()


HIDDEN = replace(
    reference.SERVER,
    name="reference-wsgi",
    title="the reference server for WSGI apps",
    base=base,
    offers=frozenset({"tls"}),
    loops=("auto",),
    options={name: option for name, option in reference.SERVER.options.items() if name != "lifespan"},
    mutants=mutants,
    generated=unknown_mutant,
    interfaces=frozenset({"wsgi"}),
)
