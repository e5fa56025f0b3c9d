"""gunicorn with its ASGI worker, from version 25, and for WSGI apps with its threads; the flags are those of
``gunicorn --help`` at 27.0.1."""

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
    Untranslatable,
    flag,
    listens,
    one_of,
    parts,
    switch,
    text,
    versions,
    whole,
)
from engine.targets.catalog.servers.tls import NUMBERS, flags

# Requests that a WSGI app is given at a time, each on a thread of its own.
THREADS = 50
# The bytes of a request line beyond which it takes no limit.
LONGEST_LINE = 8190


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    if start.interface == "wsgi":
        return line(start, ["--worker-class", "gthread", "--threads", str(THREADS)])
    return line(start, ["--worker-class", "asgi", "--asgi-loop", start.loop])


def line(start: Start, worker: Sequence[str]) -> list[str]:
    """The command line with the flags of a class of workers."""
    bind = display(start.address) if start.descriptor is None else f"fd://{start.descriptor}"
    return [
        str(start.python), "-m", "gunicorn", start.app, *worker,
        "--bind", bind,
        *([] if start.protocol == "http" else spoken(start.protocol)),
        "--graceful-timeout", str(GRACEFUL),
        # A control socket is in HOME, and would be shared by all processes there.
        *(["--no-control-socket"] if start.since("25.1.0") else []),
        "--log-file", "-",
    ]  # fmt: skip


def spoken(protocol: str) -> list[str]:
    """A protocol of the clients. uwsgi is taken from everyone, since a container has no client on its own machine."""
    return ["--protocol", protocol, *(["--uwsgi-allow-from", "*"] if protocol == "uwsgi" else [])]


def trust(value: object) -> list[str]:
    """X-Forwarded-* of everyone or of no one. gunicorn's default is this machine."""
    return ["--forwarded-allow-ips", "*" if flag(value) else ""]


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol, in the words that gunicorn has as well."""
    return one_of(value, {word: ["--asgi-lifespan", word] for word in ("auto", "on", "off")})


def proxy(value: object) -> list[str]:
    """The PROXY protocol of everyone. gunicorn's default is this machine, and a container has no client there."""
    words = {True: "auto", "v1": "v1", "v2": "v2"}
    return versions(value, {key: ["--proxy-protocol", word, "--proxy-allow-from", "*"] for key, word in words.items()})


def request_line(value: object) -> list[str]:
    """The longest request line. Raises Untranslatable for a size that gunicorn would reduce."""
    if int(whole(value, "bytes", least=1)) > LONGEST_LINE:
        raise Untranslatable(f"its longest request line is {LONGEST_LINE} bytes")
    return ["--limit-request-line", whole(value)]


SERVER = Server(
    name="gunicorn",
    package="gunicorn",
    title="gunicorn with its parser in Python",
    lock=Path(__file__).with_name("gunicorn.lock"),
    base=base,
    offers=frozenset({"lifespan", "reload", "state", "tls", "websocket"}),
    options={
        "listen": listens(),
        "workers": lambda value: ["--workers", whole(value, least=1)],
        "worker_timeout": lambda value: ["--timeout", whole(value, "seconds", least=1)],
        "keep_alive": lambda value: ["--keep-alive", whole(value, "seconds")],
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": trust,
        "message_limit": lambda value: ["--websocket-max-message-size", whole(value, "bytes", least=1)],
        "grace": lambda value: ["--graceful-timeout", whole(value, "seconds")],
        "lifespan": lifespan,
        "protocol": lambda value: one_of(value, {word: spoken(word) for word in ("http", "uwsgi")}),
        "proxy_protocol": proxy,
        "max_requests": lambda value: ["--max-requests", whole(value, least=1)],
        "access_log": switch(["--access-logfile", "-"]),
        "limits": parts(
            {
                "request_line": request_line,
                "field": lambda value: ["--limit-request-field_size", whole(value, "bytes", least=1)],
                "fields": lambda value: ["--limit-request-fields", whole(value, least=1)],
                "concurrency": lambda value: ["--worker-connections", whole(value, least=1)],
                "backlog": lambda value: ["--backlog", whole(value, least=1)],
            }
        ),
        "tls": flags("--certfile", "--keyfile", "--ca-certs", "--cert-reqs", NUMBERS),
    },
    since={
        "http2": "25.0.0",
        "h2c": "26.2.0",
        "message_limit": "27.0.0",
        "protocol": "24.1.0",
        "proxy_protocol": "24.1.0",
        "uwsgi": "24.1.0",
    },
    variants=(Variant("two-workers", ("--workers", "2"), summary="two worker processes"),),
    speaks=frozenset({"http", "uwsgi"}),
    # No release has it yet; a branch does.
    asks={"fastcgi": "--fastcgi-allow-from"},
    interfaces=frozenset({"asgi", "wsgi"}),
    # Without TLS it speaks HTTP/2 to the peers whose X-Forwarded-* it trusts, by default to this machine.
    http2=Http2(
        cleartext=("--http-protocols", "h2,h1", "--http2-cleartext", "both"),
        tls=("--http-protocols", "h2,h1"),
        offers=frozenset({"lifespan", "reload", "state", "tls", "http2", "trailers"}),
    ),
)
