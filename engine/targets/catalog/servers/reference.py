"""The reference server: the engine's own small, strict server (engine/reference), on h11 and websockets.

It is a yardstick: a failure on it is caused by the application or the case. It has no distribution, so its version is
that of h11, which parses its requests; the code is copied next to the observer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.model.network import display
from engine.model.tls import ASKS
from engine.targets.catalog.servers.base import (
    GRACEFUL,
    Http2,
    Server,
    Start,
    flag,
    fraction,
    listens,
    one_of,
    parts,
    switch,
    text,
    versions,
    whole,
)
from engine.targets.catalog.servers.tls import flags

SOURCE = Path(__file__).parents[3] / "reference"
PACKAGE = "engine_reference"


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    where = ["--bind", display(start.address)] if start.descriptor is None else ["--fd", str(start.descriptor)]
    return [
        str(start.python), "-m", PACKAGE, start.app, *where,
        "--loop", start.loop,
        "--graceful", str(GRACEFUL),
    ]  # fmt: skip


def trust(value: object) -> list[str]:
    """X-Forwarded-* of everyone or, by default, of no one."""
    return ["--trust-proxy"] if flag(value) else []


def keep_alive(value: object) -> list[str]:
    """The time of an idle connection, and that of a head: one second more."""
    idle = fraction("--keep-alive", value)
    return [*idle, "--head-within", f"{float(idle[1]) + 1:g}"]


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol, in the same words."""
    return one_of(value, {word: ["--lifespan", word] for word in ("auto", "on", "off")})


def mutants() -> Mapping[str, str]:
    """The fault of each mutant, by name. It imports the server, with what it is made of."""
    from engine.reference.mutants import summaries  # noqa: PLC0415 (few commands need it)

    return summaries()


def generated(name: str) -> str:
    """The change of a generated mutant, "" for an unknown one."""
    from engine.reference.mutants import generated as changed  # noqa: PLC0415 (few commands need it)

    return changed.summary(name)


SERVER = Server(
    name="reference",
    package="h11",
    title="the reference server",
    lock=Path(__file__).with_name("reference.lock"),
    base=base,
    offers=frozenset(
        {
            "lifespan",
            "reload",
            "state",
            "websocket",
            "deflate",
            "denial-response",
            "trailers",
            "pathsend",
            "zerocopysend",
            "early-hint",
            "uvloop",
            "tls",
            "tls-extension",
            "http2",
            "extended-connect",
        }
    ),
    options={
        "listen": listens(),
        "workers": lambda value: ["--workers", whole(value, least=1)],
        "worker_timeout": lambda value: fraction("--worker-timeout", value),
        "keep_alive": keep_alive,
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": trust,
        "message_limit": lambda value: ["--message-limit", whole(value, "bytes", least=1)],
        "grace": lambda value: fraction("--graceful", value),
        "lifespan": lifespan,
        "protocol": lambda value: one_of(value, {word: ["--protocol", word] for word in ("http", "uwsgi")}),
        "proxy_protocol": lambda value: versions(
            value, {one: ["--proxy-protocol", "any" if one is True else str(one)] for one in (True, "v1", "v2")}
        ),
        "max_requests": lambda value: ["--max-requests", whole(value, least=1)],
        "access_log": switch(["--access-log"]),
        "ping": parts(
            {
                "interval": lambda value: fraction("--ping", value),
                "timeout": lambda value: fraction("--ping-timeout", value),
            }
        ),
        "limits": parts(
            {
                "request_line": lambda value: ["--limit-request-line", whole(value, "bytes", least=1)],
                "field": lambda value: ["--limit-field", whole(value, "bytes", least=1)],
                "fields": lambda value: ["--limit-fields", whole(value, least=1)],
                "head": lambda value: ["--limit-head", whole(value, "bytes", least=1)],
                "body": lambda value: ["--limit-body", whole(value, "bytes", least=1)],
                "concurrency": lambda value: ["--limit-connections", whole(value, least=1)],
                "backlog": lambda value: ["--backlog", whole(value, least=1)],
            }
        ),
        "tls": flags("--certificate", "--key", "--client-ca", "--client-cert", {word: word for word in ASKS}),
    },
    mutants=mutants,
    generated=generated,
    http2=Http2(
        cleartext=(),
        tls=(),
        offers=frozenset(
            {
                "lifespan",
                "reload",
                "state",
                "websocket",
                "deflate",
                "denial-response",
                "trailers",
                "pathsend",
                "zerocopysend",
                "early-hint",
                "uvloop",
                "tls",
                "tls-extension",
                "http2",
                "extended-connect",
            }
        ),
    ),
    brings={PACKAGE: SOURCE},
)
