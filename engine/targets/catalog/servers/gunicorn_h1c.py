"""gunicorn with its parser in C, gunicorn_h1c, which it takes by default where the package is installed.

The extra ``gunicorn[fast]`` of 27.0.1 asks for gunicorn_h1c 0.6.14, and gunicorn itself takes any from 0.4.1 on. The
lock has the newest release that can be installed. ``--http-parser fast`` makes gunicorn refuse to start without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.targets.catalog.servers import gunicorn
from engine.targets.catalog.servers.base import Start


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    return [*gunicorn.base(start), "--http-parser", "fast"]


SERVER = replace(
    gunicorn.SERVER,
    name="gunicorn-h1c",
    title="gunicorn with its parser in C",
    lock=Path(__file__).with_name("gunicorn_h1c.lock"),
    base=base,
    speaks=frozenset({"http"}),
    asks={},
    # Its parser in C does not read the PROXY protocol, and gunicorn refuses to start with both.
    options={
        name: option for name, option in gunicorn.SERVER.options.items() if name not in {"protocol", "proxy_protocol"}
    },
)
