"""The reference server: the engine's own small, strict server (engine/reference), on h11 and websockets.

It is a yardstick: a failure on it is caused by the application or the case. It has no distribution, so its version is
that of h11, which parses its requests; the code is copied next to the observer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import display
from engine.model.tls import ASKS
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import (
    GRACEFUL,
    Server,
    Start,
    flag,
    fraction,
    listens,
    one_of,
    parts,
    switch,
    text,
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


def lifespan(value: object) -> list[str]:
    """The mode of the lifespan protocol, in the same words."""
    return one_of(value, {word: ["--lifespan", word] for word in ("auto", "on", "off")})


# The mutants, by what is wrong with each; engine/reference/mutants.py makes it so.
MUTANTS = {
    "client-port-text": "the client's port is text",
    "ends-swapped": "client is the server's address, and server the client's",
    "version-1": "HTTP/1.0 is called 1",
    "websocket-without-query": "a WebSocket's scope has no query_string",
    "path-decoded-twice": "the path is decoded twice",
    "values-padded": "white space behind a header's value is kept",
    "state-shared": "every request is given the lifespan's state itself",
    "missing-host-served": "a request of HTTP/1.1 without Host is served",
    "both-lengths-served": "Content-Length is dropped if there is Transfer-Encoding",
    "no-date": "responses have no Date",
    "date-an-hour-off": "Date is an hour behind",
    "date-stuck": "Date is the start of the server",
    "length-passed-on-as-0": "the scope has Content-Length 0 for every request with one",
    "no-pong": "pings are not answered",
    "send-never-raises": "send() to a client that left does nothing",
    "headers-regrouped": "response headers are sorted",
    "no-disconnect": "receive() never hears that the client left",
    "disconnect-1006": "every WebSocket ends with 1006",
    "close-1011": "every close but 1000 goes out as 1011",
    "close-refused": "send() raises for a close with another code than 1000, and the connection is closed with 1011",
    "denial-403": "an application's own answer to a handshake has status 403",
    "denial-in-one-piece": "send() raises for the first of several pieces of an answer to a handshake",
    "trailers-dropped": "trailers are not sent",
    "trailers-to-all": "trailers go to clients that have not asked for them",
    "hints-to-all": "clients of HTTP/1.0 are sent early hints",
    "files-empty": "a file that is sent by its path is empty",
    "missing-files-empty": "a path that leads nowhere is sent as an empty file",
    "no-deflate": "permessage-deflate is declined",
    "no-lifespan": "the application has no lifespan call",
}

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
            "early-hint",
            "uvloop",
            "tls",
            "tls-extension",
        }
    ),
    options={
        "listen": listens(),
        "workers": lambda value: ["--workers", whole(value, least=1)],
        "keep_alive": lambda value: fraction("--keep-alive", value),
        "root_path": lambda value: ["--root-path", text(value)],
        "trust_proxy": trust,
        "message_limit": lambda value: ["--message-limit", whole(value, "bytes", least=1)],
        "grace": lambda value: fraction("--graceful", value),
        "lifespan": lifespan,
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
    variants=tuple(Variant(name, ("--mutant", name), summary=what) for name, what in MUTANTS.items()),
    brings={PACKAGE: SOURCE},
)
