"""The common parts of uvicorn's command lines; the flags are those of ``uvicorn --help`` at 0.54.0.

uvicorn is three servers here: its parsers of HTTP and its implementations of WebSocket differ, and so do the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.model.network import unix_path
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import (
    GRACEFUL,
    Command,
    Http2,
    Server,
    Start,
    Translate,
    flag,
    fraction,
    listens,
    one_of,
    parts,
    switch,
    text,
    whole,
)
from engine.targets.catalog.servers.tls import NUMBERS, flags

HEALTH = 7
"""Seconds that a worker has for the answer to a health check. By default a worker that a loaded machine keeps from
answering for 5 s is killed, with its requests. The parent waits as long for a worker that ends during a check, and
replaces no other one meanwhile. It is shorter than GRACEFUL, so that a request that another worker has under way is not
cut off while the next one waits."""

TWO_WORKERS = Variant("two-workers", ("--workers", "2"), summary="two worker processes")


def command(http: str, websocket: str) -> Command:
    """The function that makes the command line without options, for a parser and an implementation of WebSocket."""

    def base(start: Start) -> Sequence[str]:
        host, port = start.address
        bind = ["--host", host, "--port", str(port)] if start.descriptor is None else ["--fd", str(start.descriptor)]
        if path := unix_path(start.address):
            bind = ["--uds", path]
        return [
            str(start.python), "-m", "uvicorn", start.app,
            "--http", http,
            "--ws", websocket,
            "--loop", start.loop,
            *bind,
            # Without it, a stopping server waits forever for a client that stays.
            *(["--timeout-graceful-shutdown", str(GRACEFUL)] if start.since("0.22.0") else []),
            *(["--timeout-worker-healthcheck", str(HEALTH)] if start.since("0.37.0") else []),
            "--no-access-log",
            "--no-use-colors",
        ]  # fmt: skip

    return base


def trust(value: object) -> list[str]:
    """X-Forwarded-* of everyone or of no one. uvicorn's default is this machine."""
    return ["--proxy-headers", "--forwarded-allow-ips", "*"] if flag(value) else ["--no-proxy-headers"]


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol, in the words that uvicorn has as well."""
    return one_of(value, {word: ["--lifespan", word] for word in ("auto", "on", "off")})


LIMITS: Mapping[str, Translate] = {
    # It counts the connections and the running calls, each on its own, and answers 503 beyond the limit.
    "concurrency": lambda value: ["--limit-concurrency", whole(value, least=1)],
    "backlog": lambda value: ["--backlog", whole(value, least=1)],
}

PING = parts(
    {
        "interval": lambda value: fraction("--ws-ping-interval", value),
        "timeout": lambda value: fraction("--ws-ping-timeout", value),
    }
)


def uvicorn(
    http: str,
    websocket: str,
    title: str,
    variants: Sequence[Variant] = (),
    *,
    limits: Mapping[str, Translate] = LIMITS,
    more: Mapping[str, Translate] | None = None,
    since: Mapping[str, str] | None = None,
    http2: Http2 | None = None,
    by_name_only: str = "",
) -> Server:
    """uvicorn with a parser of HTTP and an implementation of WebSocket, in uvicorn's words. ``limits`` are the parts of
    the option of that name, and ``more`` are options that only this parser or implementation heeds, ``since`` their
    first releases. ``http2`` and ``by_name_only`` are as in Server."""
    name = f"uvicorn-{http}"
    return Server(
        name=name,
        package="uvicorn",
        title=title,
        lock=Path(__file__).with_name(f"{name.replace('-', '_')}.lock"),
        base=command(http, websocket),
        offers=frozenset({"lifespan", "reload", "state", "tls", "websocket", "deflate", "denial-response"}),
        options={
            "listen": listens(),
            "workers": lambda value: ["--workers", whole(value, least=1)],
            "worker_timeout": lambda value: ["--timeout-worker-healthcheck", whole(value, "seconds", least=1)],
            "keep_alive": lambda value: ["--timeout-keep-alive", whole(value, "seconds")],
            "root_path": lambda value: ["--root-path", text(value)],
            "trust_proxy": trust,
            "message_limit": lambda value: ["--ws-max-size", whole(value, "bytes", least=1)],
            "grace": lambda value: ["--timeout-graceful-shutdown", whole(value, "seconds")],
            "lifespan": lifespan,
            # With one worker the server ends after them, and nothing replaces it.
            "max_requests": lambda value: ["--limit-max-requests", whole(value, least=1)],
            "access_log": switch(["--access-log"]),
            "limits": parts(limits),
            **(more or {}),
            "tls": flags("--ssl-certfile", "--ssl-keyfile", "--ssl-ca-certs", "--ssl-cert-reqs", NUMBERS),
        },
        since={
            "state": "0.21.0",
            "grace": "0.22.0",
            "denial-response": "0.25.0",
            "reload": "0.30.0",
            "worker_timeout": "0.37.0",
            **(since or {}),
        },
        variants=(TWO_WORKERS, *variants),
        http2=http2,
        by_name_only=by_name_only,
    )
