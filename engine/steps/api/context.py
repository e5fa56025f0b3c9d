"""The context that the runner hands to a step type's ``perform``: the target, connections, variables, other steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.model.case import CaseHeader, Step
from engine.model.protocols import Channel, LiveTarget
from engine.model.tls import TlsClientOptions
from engine.steps.api.observation import Observation


@dataclass(slots=True)
class StepRecord:
    """The record of a performed step, for ``app: {of: ...}``.

    ``tokens`` are the values of the engine's header that it sent. ``peer`` is the connection's own address and
    ``started`` the time when the step began; together they identify calls without a header. ``connection`` is the name
    of the connection, "" for the step's own. ``parent`` is the step around this one, if any. ``body_at`` is the time of
    the first byte of a response's body, None without one. ``kept`` is a value that a step leaves for a later one of its
    own type. ``lifecycle`` is that of its step type. ``about`` are the steps whose calls this one observes.
    ``observed`` is what a step with a name, and the assertions of its script, observed, in order, for ``same_as``.
    """

    step: Step
    started: float
    tokens: list[str] = field(default_factory=list)
    peer: tuple[str, int] | None = None
    connection: str = ""
    parent: StepRecord | None = None
    body_at: float | None = None
    kept: object | None = None
    lifecycle: str = ""
    about: Sequence[StepRecord] = ()
    observed: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Connection:
    """A channel with a name, shared by steps in order. ``codec`` is what the last step left for the next: a
    WebSocket that has been opened, or a half-read message. ``used`` counts the steps. ``sent`` is what ``sent: true``
    means for the assertions that follow, and ``sent_at`` when the last byte was sent, which times count from; None
    before anything was. ``tls_options`` is how TLS began on it, None for a plain one. ``carrier`` is the channel of the
    whole connection if ``channel`` is a stream inside of it, else None."""

    channel: Channel
    name: str = ""
    codec: object | None = None
    used: int = 0
    sent: bytes | None = None
    sent_at: float | None = None
    tls_options: TlsClientOptions | None = None
    carrier: Channel | None = None

    def close(self) -> None:
        """Close both sides of the whole connection."""
        (self.carrier or self.channel).close()

    @property
    def since(self) -> float:
        """The time that durations count from: the last byte sent, or the beginning of the connection."""
        return self.channel.opened if self.sent_at is None else self.sent_at


class Context(Protocol):
    """The runner's interface for a step, for one job, in one branch or turn of it."""

    @property
    def live(self) -> LiveTarget: ...

    @property
    def case(self) -> CaseHeader: ...

    @property
    def job(self) -> str:
        """A word that is unique among the live target's jobs."""
        ...

    @property
    def variables(self) -> MutableMapping[str, object]: ...

    @property
    def step(self) -> Step:
        """The step, or the script's action or assertion, that is being performed: its name, its connection, its
        checks. Raises Defect outside a step."""
        ...

    @property
    def performed(self) -> StepRecord:
        """The record of the step of the case that is under way; for an action, that of the step around its script."""
        ...

    def now(self) -> float:
        """Seconds on the engine's clock (CLOCK_MONOTONIC)."""
        ...

    def note(self, what: str, detail: str | Callable[[], str] = "", *, subject: str = "") -> None:
        """Add a line to the time line, on the side of the steps. A detail that is costly to word may be a function,
        which is called if the time line is kept."""
        ...

    def token(self) -> str:
        """A new value for the engine's header, which the calls of this step are found by."""
        ...

    def existing(self, name: str | None) -> Connection | None:
        """The open connection of that name; None if there is none yet, or for no name."""
        ...

    async def connect(
        self,
        name: str | None,
        *,
        raw: bool = False,
        upstream: bool = False,
        http2: bool = False,
        prefaced: bool = True,
    ) -> Connection:
        """The connection of that name, opened if it is new; a new one of the step's own for None. ``raw`` says that
        bytes without the engine's header will go out on it, ``upstream`` that a new one leads to the server itself,
        past a gateway, ``http2`` that a new one with TLS offers HTTP/2, and that the step writes HTTP/2's preface at
        once on one without, if ``prefaced``. Raises ConnectionRefused, and ChannelClosed for a name whose connection
        this side has closed."""
        ...

    def release(self, connection: Connection) -> None:
        """End the use of a connection by a step: one without a name is closed."""
        ...

    async def open(
        self,
        name: str,
        *,
        address: tuple[str, int] | None = None,
        receive_buffer: int | None = None,
        tls_options: TlsClientOptions | None = None,
    ) -> Connection:
        """A new connection of that name: to ``address`` where that is not the target's own, with a receive buffer of
        so many bytes where it is not the system's. ``tls_options`` begins TLS; without it the connection is a plain
        one. Raises ConnectionRefused, Reset, ChannelError, and ValueError for a name that there is already."""
        ...

    def log(self) -> str:
        """The output of the target since the case began; of a dedicated server, since its start."""
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
        """Judge the checks of a step on an observation that precedes its end, such as that of a handshake. Raises
        StepFailed when an ``expect`` does not hold."""
        ...

    def branch(self, variables: Mapping[str, object], label: str) -> Context:
        """A child context. It sees the captures and connections of this one, and keeps its own to itself. Its
        ``variables`` are a ChainMap, whose first map holds ``variables`` and its own captures."""
        ...

    def trial(self) -> Context:
        """A child context whose mismatches count only after ``settle``, so that its steps can be tried again."""
        ...

    def settle(self, trial: Context) -> None:
        """Add the mismatches and the captures of a trial to this context."""
        ...


class StepFailed(Exception):
    """An ``expect`` did not hold, so the steps after it are not performed. The mismatches are in the results of the
    job."""
