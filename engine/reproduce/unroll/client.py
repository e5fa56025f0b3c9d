"""The client of a case: one file of the standard library. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from engine.model.case import Case, Step
from engine.model.network import IPV4, IPV6, UNIX
from engine.model.source_span import SourceSpan
from engine.reproduce.unroll import of_app, of_fastcgi, of_flow, of_http, of_process, of_websocket
from engine.reproduce.unroll.assemble import CLIENT, assemble, parsed, part
from engine.reproduce.unroll.source import CannotUnroll, double_quoted, wrapped
from engine.reproduce.unroll.unroller import PROCESS, Unroller
from engine.steps.api.inner import inside
from engine.steps.api.step_type import StepTypes

UNROLLERS: Mapping[tuple[str, str], Callable[[Unroller, Step], None]] = {
    **of_http.UNROLLERS,
    **of_websocket.UNROLLERS,
    **of_fastcgi.UNROLLERS,
    **of_flow.UNROLLERS,
    **of_app.UNROLLERS,
    **of_process.UNROLLERS,
}
"""The function that writes the statements of each step type, by its group and its name."""

SUPPORT = '''\
"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations'''
# The runs of a client whose fault does not show in each.
MOST_RUNS = 20
# Other addresses of the server than 127.0.0.1. The path of a socket is short, since systems limit its length.
SOCKET = "/tmp/reproduction-{port}.sock"
ADDRESSES: Mapping[str, Mapping[str, str]] = {
    IPV4: {}, IPV6: {"HOST": 'HOST = "::1"'}, UNIX: {"HOST": f"HOST = f{SOCKET.replace('port', 'PORT')!r}"},
}  # fmt: skip
OPENING = parsed("import random\nimport sys\nimport time\n")


@dataclass(frozen=True)
class Fault:
    """The fault that a client is to show: its ``verdict`` (fail, timeout, crash or warn), and the place of the deciding
    step, None if no step decided. ``client_unknown`` is true if the fault is that the server reports another address
    of the client than its own; ``flaky`` if it does not show in each run."""

    verdict: str
    place: SourceSpan | None = None
    client_unknown: bool = False
    flaky: bool = False


def client_address(unroller: Unroller) -> None:
    """Write the comparison of the address that the server reports with that of the client."""
    last = next((one for one in reversed(unroller.state.performed) if one.port), None)
    if last is None:
        raise CannotUnroll("no connection of the client is left to compare its address with")
    unroller.line()
    unroller.comment("the address of the client, as the server reports it")
    unroller.line(f"found = numbered(ended_calls(since={last.began})).part('client.1')")
    unroller.line(f"expect('scope.client.1', found, {last.port})")


@dataclass(frozen=True)
class Client:
    """The source of a client, and that of ``support.py``, the functions that it uses. ``starts_server`` is true if it
    starts the server itself, ``records`` if it checks the calls of the application, ``drives`` if it calls the
    application without a server."""

    source: str
    support: str
    starts_server: bool
    records: bool
    drives: bool


@cache
def reserved() -> frozenset[str]:
    """The names of the parts, which no variable of a client may have."""
    names = {one.name for name in CLIENT for one in part(name).definitions}
    imports = {bound for name in CLIENT for bound in part(name).imports}
    return frozenset({*names, *imports, "main", "server", "app", "reply", "connection", "data", "end"})


def client(
    case: Case,
    fault: Fault,
    step_types: StepTypes,
    headline: str,
    *,
    tls: str | None = None,
    gateway: bool = False,
    app: str = "app:app",
    listen: str = IPV4,
) -> Client:
    """The client that shows a fault. ``headline`` is the sentence that it begins with. ``tls`` is the file of the
    certificate that clients present, None without TLS; ``gateway`` is true if the server does not see the client's
    address; ``app`` is the application, for ``drive``; ``listen`` says where clients reach the server. Raises
    CannotUnroll."""
    unroller = Unroller(
        case, step_types, UNROLLERS, fault.place,
        reserved=reserved(), warned=fault.verdict in ("warn", "info"), tls=tls, gateway=gateway,
        client_unknown=fault.client_unknown, listen=listen,
    )  # fmt: skip
    steps = [one for step in case.body.steps for one in (step, *inside(step, step_types))]
    kinds = {one.step_type for one in steps if one.group == "step"}
    crashed = fault.verdict == "crash"
    starts = bool(kinds & PROCESS) or crashed
    drives = "drive" in kinds
    if drives and (starts or kinds & {"request", "websocket", "tcp"}):
        raise CannotUnroll("a case that calls the application with and without a server has no form in plain Python")
    if starts:
        unroller.indent = 2
        if not case.starts:
            unroller.line("need('start', server.start(), 'started')")
    unroller.run(case.body.steps)
    if fault.client_unknown:
        client_address(unroller)
    if crashed:
        unroller.line()
        unroller.line("server.expect_alive()")
    body = "\n".join(unroller.state.lines)
    if starts:
        body = f"    server = Server()\n    try:\n{body}\n    finally:\n        server.stop()"
    late = fault.verdict == "timeout"
    runs = f"until_shown(reproduction, TITLE, {MOST_RUNS}" if fault.flaky else "run(reproduction, TITLE"
    call = f"{runs}{', timeout_is_fault=True' if late else ''})"
    main = f"def reproduction() -> None:\n{body}"
    end = f'if __name__ == "__main__":\n    sys.exit({call})'
    shown = headline.replace("\\", "\\\\").replace('"', "'")
    title = f'TITLE = "{shown}"'
    modules = [OPENING, *(part(name) for name in CLIENT)]
    found = assemble(f"{title}\n{main}\n{end}", modules, {"LIMIT": f"LIMIT = {case.timeout:g}", **ADDRESSES[listen]})
    own = [f"from support import {', '.join(found.used)}"]
    if drives:
        module, _, attribute = app.partition(":")
        own.insert(0, f"from {module} import {attribute}" + ("" if attribute == "app" else " as app"))
    doc = f'"""{shown}.\n\nThe exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.\n"""'
    head = [
        doc,
        "from __future__ import annotations",
        found.imports,
        "\n".join(line for one in own for line in wrapped(one)),
    ]
    source = "\n\n".join(one for one in head if one) + f"\n\n{title}\n\n\n{main}\n\n\n{end}\n"
    support = f"{SUPPORT}\n\n{found.inner_imports}\n\n{found.definitions}\n"
    records = "def recorded(" in found.definitions
    return Client(double_quoted(source), support, starts, records, drives)
