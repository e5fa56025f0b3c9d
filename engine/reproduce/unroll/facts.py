"""Facts as expressions in Python, for each kind of observation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.reproduce.unroll.source import CannotUnroll

# Facts that are bytes of the wire, for which a text in an expectation stands for its UTF-8.
WIRE = frozenset(
    {"body", "wire", "bytes", "rest", "stdout", "stderr", "payload", "content", "binary", "received.body", "sent.body"}
)


@dataclass(frozen=True)
class FactExpressions:
    """The expressions of an observation's facts. ``plain`` are those by name; ``families`` those whose name goes on
    after a dot, with ``{rest!r}`` in them. ``{it}`` is the variable of the observation."""

    plain: Mapping[str, str]
    families: Mapping[str, str] = field(default_factory=dict)

    def of(self, fact: str, variable: str) -> str:
        """The expression of a fact. Raises CannotUnroll for a fact without one."""
        if fact in self.plain:
            return self.plain[fact].format(it=variable)
        head, dot, rest = fact.partition(".")
        if dot and head in self.families:
            return self.families[head].format(it=variable, rest=rest)
        raise CannotUnroll(f"the fact `{fact}` has no form in plain Python")


def attributes(*names: str) -> dict[str, str]:
    """Facts that are attributes of the same name."""
    return {name: "{it}." + name for name in names}


_R = (
    "status", "reason", "version", "headers", "body", "json", "lines", "events", "chunks", "framing", "complete",
    "interim", "wire", "first_byte", "elapsed", "spread", "outcome", "open",
)  # fmt: skip
RESPONSE = FactExpressions(
    {
        **attributes(*_R),
        "content": "{it}.content",
        "redirects": "{it}.redirects",
        "opened": "({it}.status == 101)",
        "body.size": "{it}.size",
        "body.sha256": "{it}.sha256",
        "subprotocol": "{it}.header('sec-websocket-protocol')",
        "extensions": "agreed_extensions({it})",
    },
    {
        "header": "{it}.header({rest!r})",
        "headers": "{it}.values({rest!r})",
        "trailer": "{it}.trailer({rest!r})",
        "json": "at({it}.json, {rest!r})",
    },
)
ANSWER = FactExpressions(
    {
        **RESPONSE.plain,
        **attributes("stdout", "stderr", "app_status", "protocol_status", "records", "types", "ended", "faults"),
    },
    RESPONSE.families,
)
RECORD = FactExpressions(
    attributes("type", "id", "content", "padding", "app_status", "protocol_status", "unknown_type", "values", "faults"),
    {"values": "at({it}.values, {rest!r})"},
)
VALUES = FactExpressions({"values": "{it}.values", "outcome": "{it}_outcome"}, {"values": "at({it}.values, {rest!r})"})
READ = FactExpressions({"bytes": "{it}"})
CLOSED = FactExpressions(attributes("how", "code", "reason", "elapsed", "rest"))
FLOOD = FactExpressions(attributes("accepted", "rounds", "ended"))
MESSAGE = FactExpressions(
    attributes("text", "binary", "json", "payload", "compressed", "frames"), {"json": "at({it}.json, {rest!r})"}
)
FRAME = FactExpressions(attributes("opcode", "payload", "masked", "fin", "rsv1", "code", "faults"))
_TLS = ("version", "number", "cipher", "suite", "alpn", "server_cert", "client_cert", "client_name", "error")
CONNECT = FactExpressions(
    {
        "outcome": "{it}_outcome",
        "local": "list({it}.local)",
        "remote": "{it}_remote",
        **{f"tls.{name}": "{it}_tls." + name for name in _TLS},
    }
)
# The client of a Unix socket has no address.
NAMELESS = FactExpressions({**CONNECT.plain, "local": "ABSENT"})
EXIT = FactExpressions(attributes("code", "signal", "elapsed", "ended"))
LOG = FactExpressions(attributes("text", "lines", "tracebacks"))
MEASURE = FactExpressions(
    {
        **attributes("memory", "files", "threads", "cpu", "processes", "pids"),
        "memory.peak": "{it}.peak",
        "memory.peak.growth": "{it}.peak - {it}_before.memory",
        **{
            f"{name}.growth": "{it}." + name + " - {it}_before." + name
            for name in ("memory", "files", "threads", "cpu")
        },
    }
)
KILL = FactExpressions({"pid": "{it}"})
REPEAT = FactExpressions({"passed": "{it}_passed", "elapsed": "{it}_elapsed"}, {"all": "{it}_all_{rest}"})
BOUNDARY = FactExpressions(
    {
        "calls": "len({it}s)",
        "paths": "[one.path for one in {it}s]",
        "scope": "{it}.scope",
        "scope_after": "{it}.scope_after",
        "received": "{it}.received",
        "received.types": "[one['type'] for one in {it}.received]",
        "received.body": "{it}.body({it}.received)",
        "sent": "{it}.sent",
        "sent.types": "[one['type'] for one in {it}.sent]",
        "sent.body": "{it}.body({it}.sent)",
        "sent.raised": "{it}.raised_by_send",
        "returned": "{it}.returned",
        "raised": "{it}.raised",
        "loop": "{it}.loop",
        "pid": "{it}.pid",
    },
    {
        "scope": "{it}.part({rest!r})",
        "scope_after": "at({it}.scope_after, {rest!r})",
        "received": "at({it}.received, {rest!r})",
        "sent": "{it}.sent_part({rest!r})",
        "result": "at({it}.results, {rest!r})",
    },
)
