"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

class FaultShown(Exception):
    """An expectation about the fault does not hold."""


class ResultUnknown(Exception):
    """A step before the one that shows the fault went wrong."""


class Overdue(Exception):
    """The time for the whole reproduction is over."""


class Absent:
    """The value of something that is missing; it equals nothing."""

    def __repr__(self) -> str:
        return "none"


class Several(Absent):
    """The value of something that occurs several times, and is expected once."""

    def __init__(self, values: object) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"several: {self.values!r}"


ABSENT = Absent()


class That:
    """A condition on a value, with its words."""

    def __init__(self, words: str, holds: Callable[[object], bool], *, absent: bool = False) -> None:
        self.words = words
        self.holds = holds
        self.absent = absent

    def __repr__(self) -> str:
        return self.words


def expect(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the expected one. Raises FaultShown if it differs."""
    if not fits(actual, wanted):
        raise FaultShown(f"expected {what}: {brief(wanted)}\nactual {what}:   {brief(actual)}")
    print(f"as expected, {what}: {brief(actual)}")


def need(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the one that the later steps depend on. Raises ResultUnknown if it differs."""
    if not fits(actual, wanted):
        raise ResultUnknown(f"needed {what}: {brief(wanted)}\nactual {what}: {brief(actual)}")


def fits(actual: object, wanted: object) -> bool:
    """True if a value is the wanted one, or meets the condition."""
    if isinstance(actual, Several):
        return False
    if isinstance(wanted, That):
        return (wanted.absent or actual is not ABSENT) and wanted.holds(actual)
    return actual is not ABSENT and same(actual, wanted)


def same(actual: object, wanted: object) -> bool:
    """Equality in which true is not 1, text is not bytes, and a tuple equals a list."""
    if isinstance(actual, Mapping) and "$class" in actual and isinstance(actual.get("value"), int):
        return same(actual["value"], wanted)
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(actual) == len(wanted) and all(map(same, actual, wanted))
    if isinstance(actual, Mapping) and isinstance(wanted, Mapping):
        return actual.keys() == wanted.keys() and all(same(actual[key], wanted[key]) for key in actual)
    return actual == wanted


def brief(value: object) -> str:
    """A value for a reader; the middle of a long one is left out."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-60:]}"


def run(reproduction: Callable[[], None], title: str, *, timeout_is_fault: bool = False) -> int:
    """Run a reproduction. Returns its exit status: 1 if the fault shows, 0 if it does not, 2 if that is unknown."""
    print(title)
    try:
        reproduction()
    except FaultShown as fault:
        print(f"{fault}\nThe fault shows.")
        return 1
    except Overdue as late:
        print(late)
        if timeout_is_fault:
            print("The fault shows.")
            return 1
        print("The result is unknown.")
        return 2
    except ResultUnknown as problem:
        print(f"{problem}\nThe result is unknown.")
        return 2
    except OSError as error:
        print(f"{type(error).__name__}: {error}\nThe result is unknown.")
        return 2
    print("The fault does not show.")
    return 0


def alike(value: object, other: str | bytes) -> str | bytes:
    """A text or bytes as the type of a value: for bytes, a text stands for its UTF-8."""
    return other.encode() if isinstance(value, bytes) and isinstance(other, str) else other


def string_that(words: str, other: str | bytes, holds: Callable[[str | bytes, str | bytes], bool]) -> That:
    """A condition on text or bytes."""

    def found(value: object) -> bool:
        wanted = alike(value, other)
        return isinstance(value, (str, bytes)) and type(value) is type(wanted) and holds(value, wanted)

    return That(f"{words} {other!r}", found)


def matches(pattern: str) -> That:
    def found(value: str | bytes, wanted: str | bytes) -> bool:
        text, regular = (one.decode("latin-1") if isinstance(one, bytes) else one for one in (value, wanted))
        return re.fullmatch(regular, text, re.DOTALL) is not None

    return string_that("matching", pattern, found)


def length(wanted: object) -> That:
    sized = (str, bytes, list, tuple, Mapping)
    return That(f"of length {wanted!r}", lambda v: isinstance(v, sized) and fits(len(v), wanted))


def items_that(words: str, holds: Callable[[list[object]], bool]) -> That:
    """A condition on a list."""
    return That(words, lambda v: isinstance(v, (list, tuple)) and holds(list(v)))


def none(unwanted: object) -> That:
    return items_that(f"without an item {unwanted!r}", lambda items: not any(fits(one, unwanted) for one in items))


def at(value: object, path: str) -> object:
    """The part of a value at a path such as ``user.0.name``; ABSENT if there is none."""
    if not path:
        return value
    if isinstance(value, Mapping) and "$class" in value:
        value = value.get("value")
    if isinstance(value, Mapping):
        # A key may contain dots: the longest that exists is taken.
        words = path.split(".")
        for count in range(len(words), 0, -1):
            key = ".".join(words[:count])
            if key in value and (found := at(value[key], ".".join(words[count:]))) is not ABSENT:
                return found
        return ABSENT
    head, _, rest = path.partition(".")
    if isinstance(value, (list, tuple)):
        if head == "last" and value:
            return at(value[-1], rest)
        if head.isdigit() and int(head) < len(value):
            return at(value[int(head)], rest)
    return ABSENT


def single(values: list[str]) -> object:
    """The only value; ABSENT for none, and Several for more."""
    return values[0] if len(values) == 1 else Several(values) if values else ABSENT


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


def numbered(calls: list[Call], number: int | None = None) -> Call:
    """The call of a number, from 1, or the last; NO_CALL if there is none."""
    index = len(calls) if number is None else number
    return calls[index - 1] if 0 < index <= len(calls) else NO_CALL


class Driver:
    """``receive`` and ``send`` of one call. After the script, ``receive`` waits, or reports that the client has left
    if the response is complete."""

    def __init__(self, script: list[tuple[str, Any]]) -> None:
        self.script = script
        self.given: list[Any] = []
        self.sent: list[Any] = []
        self.taken = 0
        self.error: Exception | None = None
        self.sends_left = 0
        self.changed = asyncio.Event()
        self.advance()

    def advance(self) -> None:
        """Perform the entries of the script up to one that has to wait."""
        while self.script:
            word, argument = self.script[0]
            if word == "give":
                self.given.append(argument)
            elif word == "fail_send":
                self.error, self.sends_left = argument
            else:
                later = [
                    number for number in range(self.taken, len(self.sent)) if self.sent[number]["type"] == argument
                ]
                if not later:
                    return
                self.taken = later[0] + 1
            self.script.pop(0)
        self.changed.set()

    async def receive(self) -> Any:
        while not self.given:
            if self.sent and self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body"):
                return {"type": "http.disconnect"}
            self.changed.clear()
            await self.changed.wait()
        return self.given.pop(0)

    async def send(self, message: Any) -> None:
        if self.error is not None:
            if self.sends_left <= 0:
                raise self.error
            self.sends_left -= 1
        self.sent.append(message)
        self.advance()
        self.changed.set()


def drive(
    app: Callable[..., Awaitable[Any]], scope: dict[str, Any], script: list[tuple[str, Any]], within: float
) -> str:
    """Call an application, and play a script. Returns what could not be played, "" if nothing."""

    async def call() -> str:
        driver = Driver(script)
        calling = asyncio.ensure_future(app(scope, driver.receive, driver.send))
        await asyncio.wait([calling], timeout=within)
        if not calling.done():
            calling.cancel()
            await asyncio.wait([calling], timeout=0.5)
            return f"the call had not ended after {within:g} s"
        calling.exception()
        return f"the application sent no {driver.script[0][1]}" if driver.script else ""

    return asyncio.run(call())
