"""What a step kind is, and what it may ask of the engine.

A kind is found by its module's ``KIND`` (or ``KINDS``). Its ``schema`` speaks of shared notations by reference;
``NOTATIONS`` lists them, and the loader composes everything into schemas/suite.json.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from engine.model.case import Case, Step
from engine.model.expectation import ABSENT, Checks, Mismatch
from engine.model.facts import ANY, FactType
from engine.model.nodes import Node
from engine.model.protocols import Channel, LiveTarget
from engine.model.tls import TlsClientOptions
from engine.model.transcript import TraceEvent
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString

Schema = Mapping[str, Any]

NOTATIONS = (
    "bytes", "headers", "query", "time", "size", "count", "word", "text", "flag", "literal", "steps", "expect",
    "record", "capture",
)  # fmt: skip


def notation(name: str, description: str) -> Schema:
    """A reference to a shared notation, with what it means here. ``script:GROUP`` is a list of that group's actions."""
    return {"$ref": f"#/$defs/{name}", "description": description}


def mapping(keys: Mapping[str, Schema], required: Sequence[str] = (), description: str = "") -> Schema:
    """The schema of a mapping with just these keys."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(keys), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    if description:
        schema["description"] = description
    return schema


@dataclass(frozen=True)
class Fact:
    """A fact that a kind exposes.

    ``name`` may end in ``.*`` (one word follows: ``header.*``) or in ``[.*]`` (a path may follow: ``json[.*]``).
    ``type`` says which values it can have; ``parts`` the same of paths into a fact in ``[.*]``, each a pattern of
    fnmatch and a type, of which the first that fits counts.
    """

    name: str
    summary: str
    type: FactType = ANY
    parts: tuple[tuple[str, FactType], ...] = ()


class Observation(Protocol):
    """What a step saw: facts by name."""

    def fact(self, name: str) -> object:
        """The value of a fact; ABSENT where it is not there. The linter has seen to it that the name is known."""
        ...

    @property
    def sent(self) -> bytes | None:
        """What this step sent, for ``sent: true``."""
        ...

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """What is wrong though no expectation says so: a response that never came, unless a fact among ``named``
        takes that upon itself."""
        ...


@runtime_checkable
class AtBoundary(Protocol):
    """An observation of the line between server and application, which knows whose doing a fact is."""

    def given(self, fact: str) -> bool:
        """Whether a fact is what the server gave the application, and not what the application made of it or never
        asked for."""
        ...


class ObservedByApp(Protocol):
    """An observation that was made from the observer's records, which may be incomplete."""

    @property
    def lost(self) -> int:
        """How many records of the calls that it speaks of cannot be used."""
        ...


@dataclass(frozen=True)
class MappingObservation:
    """An observation from a plain mapping of facts, with nothing implied."""

    facts: Mapping[str, object] = field(default_factory=dict)
    sent: bytes | None = None

    def fact(self, name: str) -> object:
        return self.facts.get(name, ABSENT)

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        return ()


class NodeReader(Protocol):
    """How a kind's ``parse`` reads shared notations. A mistake is noted and reading goes on with a harmless value.

    Where a ``Variable`` may come back, it was one that only the run can fill (a capture, an index).
    """

    def bytes(self, node: Node) -> ByteString: ...

    def headers(self, node: Node) -> tuple[tuple[str, ByteString], ...]: ...

    def query(self, node: Node) -> str | tuple[tuple[str, object], ...]: ...

    def time(self, node: Node) -> float | Variable: ...

    def size(self, node: Node) -> int | Variable: ...

    def value(self, node: Node) -> Any:
        """A scalar, list or dict with JSON's types, ``{var: x}`` as a Variable; text keeps its ``$(x)``."""
        ...

    def steps(self, node: Node) -> tuple[Step, ...]: ...

    def script(self, node: Node, group: str) -> tuple[Step, ...]: ...

    def checks(self, node: Node, kind: StepType) -> Checks: ...

    def mistake(self, node: Node, what: str, hint: str = "") -> None: ...


@dataclass(slots=True)
class StepRecord:
    """What the engine remembers of a step that was performed, for ``app: {of: ...}``.

    ``tokens`` are those that went out in the engine's header; ``peer`` is the connection's own address and
    ``started`` when the step began, which together find calls without a header. ``connection`` is the name of the
    connection, "" if it was the step's own. ``parent`` is the step that holds this one, if any does. ``body_at`` is
    when the first of a response's body came, None where none did. ``kept`` is what a step leaves for a later one of
    its own kind. ``about`` are the steps whose calls this one looks at.
    """

    step: Step
    started: float
    tokens: list[str] = field(default_factory=list)
    peer: tuple[str, int] | None = None
    connection: str = ""
    parent: StepRecord | None = None
    body_at: float | None = None
    kept: object | None = None
    about: Sequence[StepRecord] = ()


@dataclass(slots=True)
class Connection:
    """A channel with a name, shared by steps in order. ``codec`` is what the last step left for the next: a
    WebSocket that has been opened, or a half-read message. ``used`` counts the steps. ``sent`` is what ``sent: true``
    means for the looks that follow, and ``sent_at`` when the last byte was sent, which times count from; None before
    anything was. ``hello`` is how TLS began on it, None for a plain one."""

    channel: Channel
    name: str = ""
    codec: object | None = None
    used: int = 0
    sent: bytes | None = None
    sent_at: float | None = None
    hello: TlsClientOptions | None = None

    @property
    def since(self) -> float:
        """What times count from: the last byte sent, or the connection's beginning."""
        return self.channel.opened if self.sent_at is None else self.sent_at


class Context(Protocol):
    """What a driver may ask of the runner, for one job, in one branch or turn of it."""

    @property
    def live(self) -> LiveTarget: ...

    @property
    def case(self) -> Case: ...

    @property
    def job(self) -> str:
        """A word that is unique among the live target's jobs."""
        ...

    @property
    def variables(self) -> MutableMapping[str, object]: ...

    @property
    def performed(self) -> StepRecord:
        """The record of the step that is under way."""
        ...

    def now(self) -> float:
        """Seconds on the engine's clock (CLOCK_MONOTONIC)."""
        ...

    def note(self, what: str, detail: str = "", *, subject: str = "") -> None:
        """Put a line of the steps' side on the time line."""
        ...

    def token(self) -> str:
        """A new value for the engine's header, noted as this step's."""
        ...

    async def connect(self, name: str | None, *, raw: bool = False, upstream: bool = False) -> Connection:
        """The connection of that name, opened if it is new; a new one of the step's own for None. ``raw`` says that
        bytes without the engine's header will go out on it, ``upstream`` that a new one leads to the server itself,
        past a gateway. Raises Refused, and ChannelClosed for a name whose connection this side has closed."""
        ...

    def release(self, connection: Connection) -> None:
        """Done with it: a connection without a name is closed."""
        ...

    async def open(
        self,
        name: str,
        *,
        address: tuple[str, int] | None = None,
        receive_buffer: int | None = None,
        hello: TlsClientOptions | None = None,
    ) -> Connection:
        """A new connection of that name: to ``address`` where that is not the target's own, with a receive buffer of
        so many bytes where it is not the system's. ``hello`` begins TLS; without it the connection is a plain one.
        Raises Refused, Reset, ChannelError, and ValueError for a name that there is already."""
        ...

    def log(self) -> str:
        """What the target has written since the case began: from its start, where the case has its own."""
        ...

    def find(self, of: str | None) -> Sequence[StepRecord]:
        """The steps that ``of`` means: those with that name or on that connection; the one before for None;
        every one for ``all``."""
        ...

    @property
    def connection(self) -> Connection:
        """The connection whose script is being performed. Raises Defect outside a script."""
        ...

    async def run(self, steps: Sequence[Step], connection: Connection | None = None) -> None:
        """Perform steps in order, and judge each; ``connection`` is what a script's actions act on. Raises
        StepFailed when an ``expect`` does not hold."""
        ...

    async def look(self, step: Step, observation: Observation) -> None:
        """Judge a step's checks on something that was observed in the middle of it. Raises StepFailed likewise."""
        ...

    def branch(self, variables: Mapping[str, object], label: str) -> Context:
        """A context whose captures and new connections stay its own; it sees this one's. Its ``variables`` are a
        ChainMap, whose first map holds ``variables`` and its own captures."""
        ...

    def trial(self) -> Context:
        """A context whose mismatches are kept back until ``settle``, for trying again."""
        ...

    def settle(self, trial: Context) -> None:
        """Take what a trial evaluated as this job's own."""
        ...


class StepFailed(Exception):
    """An ``expect`` did not hold, and the steps after it are not performed. The mismatches are with the job."""


@dataclass(frozen=True)
class PreviewBytes:
    """Bytes that a step will send; ``what`` says which, where the bytes do not: ``text frame, masked``."""

    data: bytes
    what: str = ""


Preview = Callable[[Any, Mapping[str, object], str], Sequence[PreviewBytes]]
Parse = Callable[[Node, NodeReader], object]
Perform = Callable[[Step, Context], Awaitable["Observation | None"]]


@dataclass(frozen=True)
class StepType:
    """A step kind, or an action of a script.

    ``groups`` are the places where its key means it: ``step``, or names of kinds with a script (``tcp``,
    ``websocket``). ``schema`` is that of what stands under the key; the loader adds to a mapping the keys that
    ``looks`` (expect, should, record, capture), ``within``, ``quiet``, ``named`` (as) and ``connects`` (connection)
    ask for. ``within`` is ``polls`` (the step is performed again until its checks hold, or the time is over) or
    ``waits`` (a deadline that the driver keeps: ``step.checks.within``). ``parse`` turns a located, valid node into
    the kind's frozen parameters, ``perform`` does it.

    ``preview`` gives what a step will send before there is a target, for `engine show`: from its parameters, the
    variables, and the Host header's value. It raises what rendering raises. ``besides`` are the parameters that these
    bytes do not show.

    ``lasts`` is how many seconds such a step is guessed to take, so that a long case which no run has measured begins
    early.

    ``awaits`` says what such a step waits for, as the reason of a timeout has it: a text, or a function of the
    parameters.

    ``not_by_hand`` says why nobody can do the same by hand, with curl and nc beside a server that `engine serve` has
    started: a text, or a function of the parameters, "" where one can.

    ``own_process`` says that a case with such a step needs a server of its own, ``starts`` that the step starts it,
    ``ends`` that from then on the end of the server, or of a worker, is meant. ``alone`` says that the step looks at
    the server as a whole, so that a case with it has no company.
    """

    name: str
    groups: tuple[str, ...]
    summary: str
    schema: Schema
    parse: Parse
    perform: Perform
    facts: tuple[Fact, ...] = ()
    looks: bool = False
    within: Literal["", "polls", "waits"] = ""
    quiet: bool = False
    named: bool = False
    connects: bool = False
    needs: tuple[str, ...] = ()
    own_process: bool = False
    starts: bool = False
    ends: bool = False
    alone: bool = False
    lasts: float = 0.0
    preview: Preview | None = None
    besides: tuple[str, ...] = ()
    not_by_hand: str | Callable[[Any], str] = ""
    awaits: str | Callable[[Any], str] = ""


__all__ = [
    "NOTATIONS",
    "AtBoundary",
    "Connection",
    "Context",
    "Fact",
    "MappingObservation",
    "NodeReader",
    "Observation",
    "ObservedByApp",
    "Perform",
    "PreviewBytes",
    "Schema",
    "StepFailed",
    "StepRecord",
    "StepType",
    "TraceEvent",
    "mapping",
    "notation",
]  # fmt: skip
