"""Daphne; the flags are those of ``daphne --help`` at 4.2.3.

It runs on Twisted's reactor over asyncio's own loop, in one process, and does without the lifespan protocol. It has no
flag for how long an idle connection is kept, nor for how long a request may take when it stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.model.network import UNIX, unix_path
from engine.targets.catalog.servers.base import (
    Http2,
    Server,
    Start,
    Untranslatable,
    flag,
    listens,
    one_of,
    parts,
    switch,
    text,
    whole,
)
from engine.targets.catalog.servers.tls import files_of


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    host, port = start.address
    bind = ["--bind", host, "--port", str(port)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    if path := unix_path(start.address):
        bind = ["--unix-socket", path]
    files = files_of(start.options.get("tls", False))
    if files is not None:  # an endpoint of Twisted's, for which there are no flags
        where = f"interface={host.replace(':', chr(92) + ':')}"
        bind = ["--endpoint", f"ssl:{port}:privateKey={files.key}:certKey={files.cert}:{where}"]
    return [str(start.python), "-m", "daphne", *bind, start.app]


def workers(value: object) -> list[str]:
    """One process, and no flag for more."""
    if whole(value, least=1) != "1":
        raise Untranslatable("it is one process")
    return []


def trust(value: object) -> list[str]:
    """``--proxy-headers``: X-Forwarded-* of everyone or, by default, of no one."""
    return ["--proxy-headers"] if flag(value) else []


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol: it never speaks it."""
    return one_of(value, {"auto": [], "off": []})


def tls(value: object) -> list[str]:
    """No flags: the endpoint has it. Raises Untranslatable for a client's certificate, which Daphne never requests."""
    files = files_of(value)
    if files is not None and files.asks:
        raise Untranslatable("it does not request client certificates")
    return []


def conflict(options: Mapping[str, object]) -> str:
    """Its endpoint for TLS is one of TCP."""
    if options.get("listen") == UNIX and files_of(options.get("tls", False)) is not None:
        return "it has no endpoint with TLS on a Unix socket"
    return ""


SERVER = Server(
    name="daphne",
    package="daphne",
    title="Daphne",
    lock=Path(__file__).with_name("daphne.lock"),
    base=base,
    loops=("auto", "asyncio"),
    binds=frozenset({"tls"}),
    offers=frozenset({"tls", "websocket"}),
    options={
        "listen": listens(),
        "workers": workers,
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": trust,
        "message_limit": lambda value: ["--websocket-max-message-size", whole(value, "bytes", least=1)],
        "lifespan": lifespan,
        # At its default verbosity it logs requests.
        "access_log": switch(["--access-log", "-"], ["--verbosity", "0"]),
        "ping": parts(
            {
                "interval": lambda value: ["--ping-interval", whole(value, "seconds", least=1)],
                "timeout": lambda value: ["--ping-timeout", whole(value, "seconds", least=1)],
            }
        ),
        "tls": tls,
    },
    conflict=conflict,
    # Twisted speaks HTTP/2 where ALPN selects it, and never without TLS.
    http2=Http2(tls=(), offers=frozenset({"tls", "http2"})),
    since={"message_limit": "4.2.2"},
)
