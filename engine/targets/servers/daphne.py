"""Daphne; the flags are those of ``daphne --help`` at 4.2.3.

It runs on Twisted's reactor over asyncio's own loop, in one process, and does without the lifespan protocol. It has no
flag for how long an idle connection is kept, nor for how long a request may take when it stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.targets.servers.base import Server, Start, Untranslatable, flag, one_of, text, whole


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    host, port = start.address
    bind = ["--bind", host, "--port", str(port)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [str(start.python), "-m", "daphne", *bind, start.app]


def workers(value: object) -> list[str]:
    """One process, and no flag for more."""
    if whole(value, least=1) != "1":
        raise Untranslatable("it is one process")
    return []


def trust(value: object) -> list[str]:
    """Whose X-Forwarded-* are believed: everybody's or, by default, nobody's."""
    return ["--proxy-headers"] if flag(value) else []


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol: it never speaks it."""
    return one_of(value, {"auto": [], "off": []})


SERVER = Server(
    name="daphne",
    package="daphne",
    title="Daphne",
    lock=Path(__file__).with_name("daphne.lock"),
    base=base,
    loops=("auto", "asyncio"),
    offers=frozenset({"websocket"}),
    options={
        "workers": workers,
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": trust,
        "message_limit": lambda value: ["--websocket-max-message-size", whole(value, "bytes", least=1)],
        "lifespan": lifespan,
    },
    since={"message_limit": "4.2.2"},
)
