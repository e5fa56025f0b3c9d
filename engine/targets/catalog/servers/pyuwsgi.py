"""uWSGI, as the package pyuwsgi builds it: FastCGI, uwsgi and HTTP, for WSGI apps; the flags are those of 2.0.30."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.model.network import authority, unix_path
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import GRACEFUL, Server, Start, listens, parts, switch, versions, whole

# Requests at a time, each on a thread of its own.
THREADS = 50
SOCKETS = {"fastcgi": "--fastcgi-socket", "uwsgi": "--uwsgi-socket", "http": "--http-socket"}
# Bytes of a request's parameters. By default it refuses more than 4096, which is less than nginx lets through.
PARAMETERS = 32768


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    where = unix_path(start.address) or authority(start.address)
    where = where if start.descriptor is None else f"fd://{start.descriptor}"
    return [
        str(start.python), "-c", "import pyuwsgi; pyuwsgi.run()",
        SOCKETS[start.protocol], where,
        "--wsgi", start.app,
        "--master", "--need-app", "--die-on-term",
        # Each worker loads the app itself, as the other servers' do.
        "--lazy-apps",
        "--threads", str(THREADS),
        "--listen", "100",
        "--buffer-size", str(PARAMETERS),
        "--worker-reload-mercy", str(GRACEFUL),
    ]  # fmt: skip


SERVER = Server(
    name="pyuwsgi",
    package="pyuwsgi",
    title="uWSGI",
    lock=Path(__file__).with_name("pyuwsgi.lock"),
    base=base,
    loops=("auto",),
    options={
        "listen": listens(),
        "workers": lambda value: ["--processes", whole(value, least=1)],
        # It counts from the beginning of a request.
        "worker_timeout": lambda value: ["--harakiri", whole(value, "seconds", least=1)],
        "grace": lambda value: ["--worker-reload-mercy", whole(value, "seconds")],
        "proxy_protocol": lambda value: versions(value, {key: ["--enable-proxy-protocol"] for key in (True, "v1")}),
        # A worker that has reached the limit stays for sixty seconds by default.
        "max_requests": lambda value: ["--max-requests", whole(value, least=1), "--min-worker-lifetime", "1"],
        "access_log": switch([], ["--disable-logging"]),
        "limits": parts(
            {
                "head": lambda value: ["--buffer-size", whole(value, "bytes", least=1)],
                "body": lambda value: ["--limit-post", whole(value, "bytes", least=1)],
                "backlog": lambda value: ["--listen", whole(value, least=1)],
            }
        ),
    },
    variants=(Variant("two-workers", ("--processes", "2"), summary="two worker processes"),),
    speaks=frozenset({"fastcgi", "http", "uwsgi"}),
    interfaces=frozenset({"wsgi"}),
)
