"""Rules about the targets of a case and its ``server:`` options."""

from __future__ import annotations

import re

from engine.loading.rules.view import View
from engine.model.requirements import Requirement

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")
# The variables without which the engine could not start a service, or keep it apart from others.
_RESERVED = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "PYTHONUNBUFFERED")

# Options whose parts are more than 0, with a small value of such a part; a backlog of 0 is the smallest one.
_LEAST = {"ping": "100ms", "limits": ""}
_MAY_BE_0 = frozenset({"backlog"})


def check(view: View) -> None:
    """`runs_on: frameworks` with a script, a server's own flags for more than one server, a step past a gateway without
    a gateway, environment variables that cannot be set, raw calls over a Unix socket, client certificates without TLS,
    options that no server can have, a missing level."""
    runs_on = view.key("runs_on")
    if view.application is not None and runs_on is not None and runs_on.value != "control":
        own = view.node.get("runs_on")
        place = own.place if own is not None else view.application.key
        what = f"only the bare app plays `application`, and this case runs on {runs_on.value}"
        view.notes.error(place, "runs-on", what, "write `runs_on: control`, or delete the script")
    if view.key("level") is None:
        view.notes.error(view.place, "missing-key", "this case has no `level`", "add `level:` to it, or to the suite")
    server, only = view.key("server"), view.key("only")
    flags = server.get("flags") if server is not None else None
    if flags is not None:
        servers = only.get("servers") if only is not None else None
        if servers is None or len(servers.items()) != 1:
            what = "`flags` are command-line options of one server, and this case runs on several"
            view.notes.error(flags.key, "flags", what, "add `only: {servers: [...]}` with that one server")
    _environment(view)
    _nameless(view)
    _certificates(view)
    _options(view)
    past = next((item for item in view.items() if Requirement.UPSTREAM in item.step_type.requires), None)
    if past is not None and (only is None or only.get("gateways") is None):
        what = f"`{past.name}` bypasses the gateway, and this case names no gateway"
        hint = "add `only: {gateways: [nginx-fastcgi]}` to it, or to the suite"
        view.notes.error(past.body.key, "no-gateway", what, hint)


def _options(view: View) -> None:
    """Options of the server with a value that can never work: a limit of nothing, a ping without a pause, the PROXY
    protocol switched off or before TLS."""
    server = view.key("server")
    for name, least in _LEAST.items() if server is not None else ():
        option = server.get(name) if server is not None else None
        for part, node in option.entries() if option is not None else ():
            if part not in _MAY_BE_0 and _is_zero(node.value):
                what = f"`{part}` is more than 0: some servers take 0 as no limit, others refuse everything"
                hint = f"write {least if name == 'ping' else 'a limit that a request can meet'}, or delete the key"
                if name == "ping":
                    what = f"`{part}` of a ping is more than 0"
                view.notes.error(node.place, "range", what, hint)
    proxy = server.get("proxy_protocol") if server is not None else None
    tls = server.get("tls") if server is not None else None
    if proxy is None:
        return
    if proxy.value is False:
        what = "`proxy_protocol` is true, v1 or v2; a server expects no header by default"
        view.notes.error(proxy.place, "unknown-word", what, "delete the key")
    elif tls is not None and tls.value is not False:
        what = "this case would run nowhere: a client of the engine sends no header of the PROXY protocol before TLS"
        view.notes.error(proxy.key, "runs-nowhere", what, "delete `proxy_protocol`, or `tls`")


def _is_zero(value: object) -> bool:
    """True for 0, and for a time or size of 0."""
    if isinstance(value, str):
        return re.fullmatch(r"0(?:\.0+)?[A-Za-z]+", value) is not None
    return not isinstance(value, bool) and value == 0


def _environment(view: View) -> None:
    """Environment variables with an invalid name, or one that the engine sets itself."""
    server = view.key("server")
    env = server.get("env") if server is not None else None
    for name, child in env.entries() if env is not None else ():
        if not _VARIABLE.fullmatch(name):
            what = f"{name!r} is no name of an environment variable"
            view.notes.error(child.key, "env", what, "use letters, digits and _, and begin with no digit")
        elif name in _RESERVED or name.startswith("ENGINE_"):
            what = f"the engine sets {name} itself"
            view.notes.error(child.key, "env", what, "name another variable")


def _nameless(view: View) -> None:
    """Calls of raw bytes over a Unix socket, on which a client has no address that could identify them."""
    server = view.key("server")
    listen = server.get("listen") if server is not None else None
    if listen is None or listen.value != "unix":
        return
    items = list(view.items())
    raw = {str(name.value) for item in items if item.name == "tcp" and (name := item.body.get("as")) is not None}
    tagged = any(item.name in ("request", "websocket") for item in items)
    for item in items:
        of = item.body.get("of") if item.name == "app" else None
        named = of is not None and str(of.value) in raw
        if named or (item.name == "app" and of is None and not tagged and any(one.name == "tcp" for one in items)):
            what = "the calls of `tcp` are identified by the client's port, and a client of a Unix socket has none"
            view.notes.error(item.body.key, "no-port", what, "use `request` or `websocket` instead")


def _certificates(view: View) -> None:
    """A client's certificate, and facts of TLS, on a target without TLS."""
    server = view.key("server")
    tls = server.get("tls") if server is not None else None
    if tls is not None and tls.value is not False:
        return
    for item in view.items():
        said = item.body.get("tls")
        certificate = said.get("client_cert") if said is not None else None
        if certificate is not None and certificate.value is not False:
            what = "certificates require TLS, and this case starts the server without it"
            view.notes.error(
                certificate.key, "no-tls", what, "add `server: {tls: {client_cert: optional}}` to the case"
            )
