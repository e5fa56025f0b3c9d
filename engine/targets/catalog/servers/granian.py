"""Granian; the flags are those of ``granian --help`` at 2.8.7.

It takes no listening socket, so it is started on a port that was free a moment ago. Without TLS it speaks HTTP/1.1, and
HTTP/2 to a client that knows so beforehand. It takes X-Forwarded-* from nobody, and limits no WebSocket message.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import unix_path
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import (
    Http2,
    Server,
    Start,
    Untranslatable,
    believes_nobody,
    listens,
    one_of,
    parts,
    switch,
    text,
    whole,
)
from engine.targets.catalog.servers.tls import files_of

# Requests that a WSGI app is given at a time, each on a thread of its own.
THREADS = 50
# The least that its flags take.
SMALLEST_BUFFER = 8192
SMALLEST_BACKLOG = 128


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    host, port = start.address
    path = unix_path(start.address)
    return [
        str(start.python), "-m", "granian", start.app,
        "--interface", start.interface,
        *(["--blocking-threads", str(THREADS)] if start.interface == "wsgi" else []),
        *(["--uds", path] if path else ["--host", host, "--port", str(port)]),
        "--loop", start.loop,
    ]  # fmt: skip


def keep_alive(value: object) -> list[str]:
    """Keep-alive on or off: Granian has no flag for the time. Raises Untranslatable for a time."""
    if value != 0:
        raise Untranslatable("its keep-alive is on or off, without a time")
    return ["--no-http1-keep-alive"]


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol: off is an interface of its own, and to insist on it there is none."""
    return one_of(value, {"auto": [], "off": ["--interface", "asginl"]})


def tls(value: object) -> list[str]:
    """TLS of both versions that are in use. Raises Untranslatable for a client's certificate that is optional."""
    files = files_of(value)
    if files is None:
        return []
    if files.asks == "optional":
        raise Untranslatable("it either requires client certificates or does not request them")
    # Without the flag it only has TLS 1.3.
    line = ["--ssl-certificate", str(files.cert), "--ssl-keyfile", str(files.key), "--ssl-protocol-min", "tls1.2"]
    return [*line, "--ssl-ca", str(files.ca), "--ssl-client-verify"] if files.asks else line


SERVER = Server(
    name="granian",
    package="granian",
    title="Granian",
    lock=Path(__file__).with_name("granian.lock"),
    base=base,
    hands_descriptor=False,
    offers=frozenset({"lifespan", "reload", "state", "tls", "websocket", "denial-response", "http2", "pathsend"}),
    options={
        "listen": listens(),
        "workers": lambda value: ["--workers", whole(value, least=1)],
        "keep_alive": keep_alive,
        "root_path": lambda value: ["--url-path-prefix", text(value)],
        "trust_proxy": believes_nobody,
        "grace": lambda value: ["--workers-kill-timeout", whole(value, "seconds", least=1)],
        "lifespan": lifespan,
        "access_log": switch(["--access-log"]),
        "limits": parts(
            {
                "head": lambda value: ["--http1-buffer-size", whole(value, "bytes", least=SMALLEST_BUFFER)],
                "concurrency": lambda value: ["--backpressure", whole(value, least=1)],
                "backlog": lambda value: ["--backlog", whole(value, least=SMALLEST_BACKLOG)],
            }
        ),
        "tls": tls,
    },
    since={"denial-response": "2.7.0"},
    variants=(
        Variant("two-workers", ("--workers", "2"), summary="two worker processes"),
        Variant(
            "two-threads", ("--runtime-mode", "mt", "--runtime-threads", "2"), summary="its runtime on two threads"
        ),
    ),
    interfaces=frozenset({"asgi", "wsgi"}),
    http2=Http2(cleartext=(), tls=(), offers=frozenset({"lifespan", "reload", "state", "tls", "http2", "pathsend"})),
)
