"""The command line, as a value."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

from .limits import LIMITS, Limits
from .proxy import VERSIONS

MESSAGE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """The server's options. Times are in seconds, sizes in bytes.

    ``app`` is module:attribute, and ``interface`` is ``asgi`` or ``wsgi``. ``fd`` is a listening descriptor, else
    ``bind`` is the address. ``workers`` is the
    number of processes that serve; with one it is this one, and SIGHUP replaces none. Of several, one whose event loop
    stands still for longer than ``worker_timeout`` is killed and replaced; 0 is no limit. ``head_within`` limits a head
    from its first byte, ``keep_alive`` an idle connection, ``graceful`` the calls after a signal; ``ping`` is the
    interval of pings to a WebSocket's client, 0 for none, and ``ping_timeout`` the time for a pong, the interval by
    default. ``max_requests`` is the number of requests after which a worker is replaced, ``limits`` are those of a
    request, ``limit_connections`` is the number of open connections of a worker beyond which a new one is answered with
    503; 0 is no limit for both. ``backlog`` is the length of the queue of connections. ``access_log`` logs each
    request. ``protocol`` is that of the requests: ``http`` or ``uwsgi``. ``proxy_protocol`` requires a header of the
    PROXY protocol on each connection: a word of proxy.VERSIONS, "" for none.
    ``proxy_from`` are the networks of those who may send it, "" for all. ``trust_proxy`` believes
    X-Forwarded-For and X-Forwarded-Proto of every peer, and ``trusted`` those of some networks; both lists are in the
    environment.
    ``lifespan`` is ``auto``, ``on`` or ``off``. ``certificate`` and ``key`` are files for TLS, "" for none.
    ``client_ca`` is the file of the authority for clients, whose certificate is requested as ``client_cert`` says:
    ``optional``, ``required``, or "" for not at all. ``mutant`` names a deliberate fault, "" for none.
    """

    app: str = ""
    interface: str = "asgi"
    fd: int | None = None
    bind: str = "127.0.0.1:8000"
    loop: str = "auto"
    workers: int = 1
    worker_timeout: float = 0.0
    lifespan: str = "auto"
    root_path: str = ""
    trust_proxy: bool = False
    trusted: str = ""
    keep_alive: float = 15.0
    head_within: float = 30.0
    graceful: float = 10.0
    message_limit: int = MESSAGE_LIMIT
    ping: float = 20.0
    ping_timeout: float | None = None
    max_requests: int = 0
    limits: Limits = LIMITS
    limit_connections: int = 0
    backlog: int = 2048
    access_log: bool = False
    protocol: str = "http"
    proxy_protocol: str = ""
    proxy_from: str = ""
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    client_cert: str = ""
    mutant: str = ""


def parsed(words: Sequence[str] | None = None) -> Options:
    """The options of a command line, the process's own where none is given. Exits with status 2 for a wrong one."""
    defaults = Options()
    parser = argparse.ArgumentParser(prog="engine_reference", description="The strict server of the engine.")
    parser.add_argument("app", help="module:attribute of an application")
    parser.add_argument("--interface", choices=("asgi", "wsgi"), default=defaults.interface)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--fd", type=int, help="a listening descriptor that this process inherits")
    where.add_argument("--bind", default=defaults.bind, help="HOST:PORT, or unix:PATH (%(default)s)")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default=defaults.loop)
    parser.add_argument("--workers", type=_count, default=defaults.workers, metavar="COUNT")
    parser.add_argument("--worker-timeout", type=_seconds, default=defaults.worker_timeout, metavar="SECONDS")
    parser.add_argument("--lifespan", choices=("auto", "on", "off"), default=defaults.lifespan)
    parser.add_argument("--root-path", type=_root, default=defaults.root_path, help="path of the app, such as /api")
    parser.add_argument("--trust-proxy", action="store_true", help="believe X-Forwarded-For and X-Forwarded-Proto")
    parser.add_argument("--keep-alive", type=_seconds, default=defaults.keep_alive, metavar="SECONDS")
    parser.add_argument("--head-within", type=_seconds, default=defaults.head_within, metavar="SECONDS")
    parser.add_argument("--graceful", type=_seconds, default=defaults.graceful, metavar="SECONDS")
    parser.add_argument("--message-limit", type=_count, default=defaults.message_limit, metavar="BYTES")
    parser.add_argument("--ping", type=_seconds, default=defaults.ping, metavar="SECONDS")
    parser.add_argument("--ping-timeout", type=_seconds, default=defaults.ping_timeout, metavar="SECONDS")
    parser.add_argument("--max-requests", type=_count, default=defaults.max_requests, metavar="COUNT")
    for limit in fields(Limits):
        name, unit = limit.name.replace("_", "-"), "COUNT" if limit.name == "fields" else "BYTES"
        parser.add_argument(f"--limit-{name}", type=_count, default=limit.default, metavar=unit)
    parser.add_argument("--limit-connections", type=_count, default=defaults.limit_connections, metavar="COUNT")
    parser.add_argument("--backlog", type=_count, default=defaults.backlog, metavar="COUNT")
    parser.add_argument("--protocol", choices=("http", "uwsgi"), default=defaults.protocol)
    parser.add_argument("--proxy-protocol", choices=tuple(VERSIONS), default=defaults.proxy_protocol)
    parser.add_argument("--access-log", action="store_true", help="log a line for each request")
    parser.add_argument("--certificate", default=defaults.certificate, metavar="FILE", help="serve TLS with this (PEM)")
    parser.add_argument("--key", default=defaults.key, metavar="FILE", help="the certificate's key (PEM)")
    parser.add_argument("--client-ca", default=defaults.client_ca, metavar="FILE", help="authority of clients (PEM)")
    parser.add_argument("--client-cert", choices=("optional", "required"), default=defaults.client_cert)
    parser.add_argument("--mutant", default=defaults.mutant, metavar="NAME", help="a deliberate fault, see mutants.py")
    found = vars(parser.parse_args(words))
    limits = Limits(**{limit.name: found.pop(f"limit_{limit.name}") for limit in fields(Limits)})
    trusted, proxy_from = (os.environ.get(name, "") for name in ("FORWARDED_ALLOW_IPS", "PROXY_ALLOW_IPS"))
    options = Options(**found, limits=limits, trusted=trusted, proxy_from=proxy_from)
    if bool(options.certificate) != bool(options.key) or bool(options.client_cert) != bool(options.client_ca):
        parser.error("--certificate goes with --key, and --client-cert with --client-ca")
    if options.client_cert and not options.certificate:
        parser.error("--client-cert requires TLS: add --certificate and --key")
    if options.proxy_protocol and options.certificate:
        parser.error("--proxy-protocol does not go with TLS, whose handshake comes before any header here")
    return options


def _seconds(word: str) -> float:
    found = float(word)
    if not 0 <= found < float("inf"):
        raise ValueError
    return found


def _count(word: str) -> int:
    found = int(word)
    if found < 1:
        raise ValueError
    return found


def _root(word: str) -> str:
    if word and (not word.startswith("/") or word.endswith("/")):
        raise argparse.ArgumentTypeError("a root path begins with a slash and ends without one")
    return word
