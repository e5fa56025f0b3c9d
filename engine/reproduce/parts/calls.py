"""The calls of the application, as ``recorder.py`` writes them to ``calls.log``."""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.reproduce.parts.checks import ABSENT
from engine.reproduce.parts.conditions import at
from engine.reproduce.parts.http1 import single

CALLS = Path(__file__).with_name("calls.log")


class Call:
    """One call of the application: its scope, the messages that it received and sent, and its end."""

    def __init__(self, began: float, scope: Mapping[str, Any], pid: object = ABSENT) -> None:
        self.began = began
        self.scope: Any = scope
        self.scope_after: Any = ABSENT
        self.received: list[Any] = []
        self.sent: list[Any] = []
        self.sent_at: list[float] = []
        self.raised_by_send: list[str] = []
        self.returned: Any = ABSENT
        self.raised: Any = ABSENT
        self.results: dict[str, Any] = {}
        self.loop: Any = ABSENT
        self.pid = pid
        self.ended = False
        self.last = began

    @property
    def port(self) -> object:
        """The client's port, 0 if the server does not say it."""
        if self.scope.get("type") == "wsgi":
            return int(self.scope.get("REMOTE_PORT") or 0)
        client = self.scope.get("client")
        found = client[1] if isinstance(client, (list, tuple)) and len(client) == 2 else 0
        # Granian says it as text, which is another fault.
        return int(found) if isinstance(found, str) and found.isdecimal() else found

    @property
    def path(self) -> object:
        """The path of the request."""
        if self.scope.get("type") == "wsgi":
            return self.scope.get("SCRIPT_NAME", "") + self.scope.get("PATH_INFO", "")
        return self.scope.get("path")

    def part(self, path: str) -> object:
        """A part of the scope; ``header.NAME`` and ``headers.NAME`` are headers by their names."""
        family, _, name = path.partition(".")
        if family in ("header", "headers") and name and not name.split(".")[0].isdigit() and name != "last":
            values = named(self.scope.get("headers") or [], name)
            return single(values) if family == "header" else values
        return at(self.scope, path)

    def sent_part(self, path: str) -> object:
        """A part of the messages sent; ``status``, ``header.NAME`` and ``headers.NAME`` are those of the response."""
        family, _, name = path.partition(".")
        if path != "status" and family not in ("header", "headers"):
            return at(self.sent, path)
        start = next((message for message in self.sent if message["type"].endswith("response.start")), None)
        if start is None or path == "status":
            return ABSENT if start is None else at(start, path)
        values = named(start.get("headers") or [], name)
        return single(values) if family == "header" else values

    def body(self, messages: list[Any]) -> bytes:
        """The bodies of messages, joined."""
        return b"".join(message.get("body") or b"" for message in messages)


NO_CALL = Call(0.0, {})


def named(pairs: Any, name: str) -> list[Any]:
    """The values of the headers of a name."""
    return [value for key, value in pairs if key.lower() == name.lower().encode("latin-1")]


def recorded() -> list[Call]:
    """All calls, in the order of their start."""
    calls: dict[str, Call] = {}
    lines = CALLS.read_text("utf-8").splitlines(keepends=True) if CALLS.exists() else []
    for line in lines:
        if not line.endswith("\n"):  # another process is writing it
            continue
        entry = ast.literal_eval(line)
        if entry["event"] == "called":
            calls[entry["call"]] = Call(entry["time"], entry["scope"], entry["pid"])
            calls[entry["call"]].loop = entry["loop"]
            continue
        call = calls[entry["call"]]
        call.last = entry["time"]
        if entry["event"] == "received":
            call.received.append(entry["message"])
        elif entry["event"] == "sends":
            call.sent.append(entry["message"])
            call.sent_at.append(entry["time"])
        elif entry["event"] == "send raised":
            call.raised_by_send.append(entry["raised"])
        elif entry["event"] == "outcome":
            call.results[entry["name"]] = entry["result"]
        elif entry["event"] == "ended":
            call.returned = entry["raised"] is None
            call.raised = ABSENT if entry["raised"] is None else entry["raised"]
            call.scope_after = entry["scope"]
            call.ended = True
    return sorted(calls.values(), key=lambda call: call.began)


def calls_of(since: float = 0.0, port: int | None = None, until: float = 1e12) -> list[Call]:
    """The calls since a time, without lifespan calls: those of a client's port, if it is given and the server says
    it."""
    found = [call for call in recorded() if since <= call.began < until and call.scope.get("type") != "lifespan"]
    return [call for call in found if port is None or call.port in (0, port)]


def ended_calls(since: float = 0.0, port: int | None = None, until: float = 1e12) -> list[Call]:
    """The same, after they have ended; at most a second is waited for that."""
    deadline = time.monotonic() + 1.0
    while True:
        found = calls_of(since, port, until)
        if (found and all(call.ended for call in found)) or time.monotonic() >= deadline:
            return found
        time.sleep(0.01)


def quiet_calls(since: float = 0.0, port: int | None = None, until: float = 1e12, quiet: float = 0.3) -> list[Call]:
    """The same, once nothing was recorded for ``quiet`` seconds."""
    began = time.monotonic()
    while True:
        found = calls_of(since, port, until)
        rest = max([began, *(call.last for call in found)]) + quiet - time.monotonic()
        if rest <= 0:
            return found
        time.sleep(rest)


def lifespan_calls(wait: float = 1.0) -> list[Call]:
    """The lifespan calls; at most ``wait`` seconds are waited for the first."""
    deadline = time.monotonic() + wait
    while True:
        found = [call for call in recorded() if call.scope.get("type") == "lifespan"]
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(0.01)


def numbered(calls: list[Call], number: int | None = None) -> Call:
    """The call of a number, from 1, or the last; NO_CALL if there is none."""
    index = len(calls) if number is None else number
    return calls[index - 1] if 0 < index <= len(calls) else NO_CALL
