"""waitress, for WSGI apps; the flags are those of ``waitress-serve --help`` at 3.0.2.

It takes no listening socket from its command line, has one process, and its limit of an idle connection's time is
checked only every 30 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import authority, unix_path
from engine.targets.catalog.servers.base import Server, Start, flag, listens, parts, text, whole

# Requests at a time, each on a thread of its own.
THREADS = 50
# waitress-serve takes its application only behind its options, which the engine appends.
RUN = "import sys; from waitress.runner import run; sys.exit(run([sys.argv[0], *sys.argv[2:], sys.argv[1]]))"
FORWARDED = "x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto"


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    path = unix_path(start.address)
    return [
        str(start.python), "-c", RUN, start.app,
        *(["--unix-socket", path] if path else ["--listen", authority(start.address)]),
        "--threads", str(THREADS),
    ]  # fmt: skip


def trust(value: object) -> list[str]:
    """X-Forwarded-* of everyone, or of no one, which is the default."""
    everyone = ["--trusted-proxy", "*", "--trusted-proxy-headers", FORWARDED, "--trusted-proxy-count", "1"]
    return everyone if flag(value) else []


SERVER = Server(
    name="waitress",
    package="waitress",
    title="waitress",
    lock=Path(__file__).with_name("waitress.lock"),
    base=base,
    loops=("auto",),
    hands_descriptor=False,
    options={
        "listen": listens(),
        "root_path": lambda value: ["--url-prefix", text(value)],
        "trust_proxy": trust,
        "limits": parts(
            {
                "head": lambda value: ["--max-request-header-size", whole(value, "bytes", least=1)],
                "body": lambda value: ["--max-request-body-size", whole(value, "bytes", least=1)],
                "concurrency": lambda value: ["--connection-limit", whole(value, least=1)],
                "backlog": lambda value: ["--backlog", whole(value, least=1)],
            }
        ),
    },
    interfaces=frozenset({"wsgi"}),
)
