"""Hypercorn; the flags are those of ``hypercorn --help`` at 0.18.0.

Without TLS it speaks HTTP/1.1, and HTTP/2 to a client with prior knowledge. It trusts X-Forwarded-* from no client, and
its limit of a WebSocket message can only be set in a configuration file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import display
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import (
    GRACEFUL,
    Http2,
    Server,
    Start,
    believes_nobody,
    listens,
    parts,
    switch,
    text,
    whole,
)
from engine.targets.catalog.servers.tls import flags


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    bind = display(start.address) if start.descriptor is None else f"fd://{start.descriptor}"
    return [
        str(start.python), "-m", "hypercorn", start.app if start.interface == "asgi" else f"wsgi:{start.app}",
        "--bind", bind,
        *([] if start.loop == "auto" else ["--worker-class", start.loop]),
        "--graceful-timeout", str(GRACEFUL),
        "--log-file", "-",
    ]  # fmt: skip


# The names of ssl.VerifyMode.
MODES = {"optional": "CERT_OPTIONAL", "required": "CERT_REQUIRED"}

SERVER = Server(
    name="hypercorn",
    package="hypercorn",
    title="Hypercorn on asyncio; apps on its Trio worker are unsupported",
    lock=Path(__file__).with_name("hypercorn.lock"),
    base=base,
    offers=frozenset(
        {
            "lifespan",
            "reload",
            "state",
            "tls",
            "websocket",
            "deflate",
            "denial-response",
            "http2",
            "extended-connect",
        }
    ),
    options={
        "listen": listens(),
        "workers": lambda value: ["--workers", whole(value, least=1)],
        "keep_alive": lambda value: ["--keep-alive", whole(value, "seconds")],
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": believes_nobody,
        "grace": lambda value: ["--graceful-timeout", whole(value, "seconds")],
        "max_requests": lambda value: ["--max-requests", whole(value, least=1)],
        "access_log": switch(["--access-logfile", "-"]),
        "ping": parts({"interval": lambda value: ["--websocket-ping-interval", whole(value, "seconds", least=1)]}),
        "limits": parts({"backlog": lambda value: ["--backlog", whole(value, least=1)]}),
        "tls": flags("--certfile", "--keyfile", "--ca-certs", "--verify-mode", MODES),
    },
    since={"state": "0.17.0", "reload": "0.18.0"},
    variants=(Variant("two-workers", ("--workers", "2"), summary="two worker processes"),),
    interfaces=frozenset({"asgi", "wsgi"}),
    http2=Http2(
        cleartext=(),
        tls=(),
        offers=frozenset(
            {
                "lifespan",
                "reload",
                "state",
                "tls",
                "websocket",
                "deflate",
                "denial-response",
                "http2",
                "extended-connect",
                "trailers",
                "early-hint",
                "push",
            }
        ),
    ),
)
