"""The seams: a byte stream to a target, the boundary of a live target, and a live target itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.model.boundary import AppCall
from engine.model.target import ExitStatus, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.transcript import TraceEvent
from engine.model.usage import Usage


class Channel(Protocol):
    """A byte stream to a target that records what crosses it. Every method raises ChannelError's kinds only."""

    @property
    def local(self) -> tuple[str, int]:
        """This side's address; ("", 0) where the stream has none."""
        ...

    @property
    def opened(self) -> float:
        """When the connection was made, in seconds on the engine's clock."""
        ...

    @property
    def moments(self) -> Sequence[TraceEvent]:
        """What crossed so far, in order."""
        ...

    @property
    def ended(self) -> str:
        """How the peer ended the stream: "" while it is open, else ``fin``, ``reset`` or ``closed`` (by this side)."""
        ...

    @property
    def closure(self) -> str:
        """How the peer said that it ends the stream: ``tls`` by TLS's closure alert, ``fin`` by a FIN alone, "" where
        it has not."""
        ...

    async def send(self, data: bytes) -> float:
        """Write, and wait until the transport has taken it all. The time at which the last byte was handed over."""
        ...

    def write(self, data: bytes) -> float:
        """Write without waiting for room: for small things."""
        ...

    async def receive(self) -> tuple[bytes, float]:
        """The next bytes and when they came, waiting for them; (b"", when) after the peer's FIN. Raises Reset."""
        ...

    def unread(self, data: bytes, at: float) -> None:
        """Put bytes back that belong to whoever reads next."""
        ...

    def reading(self, on: bool) -> None:
        """Stop taking bytes from the socket, or take them again."""
        ...

    def half_close(self) -> None:
        """Shut the writing side."""
        ...

    def close(self) -> None:
        """Close both sides; on TLS with a closure alert."""
        ...

    def truncate(self) -> None:
        """Close both sides by a FIN, on TLS without a closure alert."""
        ...

    def reset(self) -> None:
        """Close with a TCP reset."""
        ...


class Boundary(Protocol):
    """What an observer reports of one live target, and the way back to its application."""

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        """The value of the header that tells which call belongs to which step."""
        ...

    def stage(self, job: str, script: object) -> None:
        """Put a script (tagged JSON) where the application's side finds it, before any of the job's bytes go out."""
        ...

    def expect_peer(self, address: tuple[str, int], job: str) -> None:
        """Say that calls from this address without a header belong to this job."""
        ...

    def mark(self, job: str, name: str) -> None:
        """Set a mark for the application's script to meet."""
        ...

    def marked(self, job: str, name: str) -> bool:
        """Whether either side has set the mark."""
        ...

    def refresh(self) -> None:
        """Take in what the observers have written since."""
        ...

    def calls(self, *, token: str = "", peer: tuple[str, int] | None = None, since: float = 0.0) -> list[AppCall]:
        """Calls with that token, or without a token from that peer since that time, in the order of their start."""
        ...

    def lifespans(self) -> list[AppCall]:
        """The lifespan calls, in the order of their start."""
        ...

    def latest(self) -> float:
        """When the last record was made; 0.0 if there is none."""
        ...

    def strays(self, since: float) -> list[AppCall]:
        """Calls without a token since that time whose client is no connection that the engine has expected a call from,
        in the order of their start: they cannot be told to belong to any job."""
        ...

    def send_raised(self, job: str) -> tuple[str, ...]:
        """The classes that send() raised in the calls of a job until now, each once."""
        ...

    @property
    def lost(self) -> int:
        """How many records are known to be lost so far."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What observers said of their whole process: that evidence was lost, and why."""
        ...

    def finish(self, job: str) -> None:
        """Forget a job's script, marks and peers."""
        ...

    def close(self) -> None:
        """Let go of the files; what has been taken in stays."""
        ...


class LiveTarget(Protocol):
    """A started target."""

    @property
    def target(self) -> Target: ...

    @property
    def address(self) -> tuple[str, int]: ...

    @property
    def host(self) -> str:
        """The Host header's value."""
        ...

    @property
    def upstream(self) -> tuple[str, int]:
        """Where the server itself listens: ``address``, unless a gateway stands in front of it."""
        ...

    @property
    def speaks(self) -> str:
        """What is spoken at ``upstream``: ``http``, ``fastcgi`` or ``uwsgi``."""
        ...

    @property
    def tls(self) -> TlsCredentials | None:
        """What clients need for its TLS; None where it has none."""
        ...

    @property
    def boundary(self) -> Boundary: ...

    @property
    def facts(self) -> TargetInfo: ...

    @property
    def pid(self) -> int:
        """The main process's pid; 0 where it has not been started."""
        ...

    @property
    def ended(self) -> ExitStatus | None:
        """How its main process ended; None while it runs, and before it is started."""
        ...

    @property
    def ended_at(self) -> float:
        """When its main process was seen to have ended, in seconds on the engine's clock; 0.0 if it has not."""
        ...

    async def check(self) -> ExitStatus | None:
        """How its main process has ended by now, as whoever watches it knows at this moment; None while it runs."""
        ...

    async def answers(self) -> bool:
        """Whether it answers GET /health, with whatever status, found by asking. True for a server that one case has
        for itself: it may be meant to answer no more."""
        ...

    @property
    def workers_lost(self) -> Sequence[int]:
        """Pids of processes that served calls and are gone, found by looking now."""
        ...

    def log(self, since: int = 0) -> str:
        """What the target has written so far, after the first ``since`` bytes."""
        ...

    @property
    def logged(self) -> int:
        """How many bytes it has written so far."""
        ...

    def usage(self) -> Sequence[Usage]:
        """What its processes use now, the main process first; empty where none runs. Not those of ``drive``."""
        ...

    async def start(self, *, ready: bool = True) -> None:
        """Start a target that was made ready to be started by a step, or that has ended, on the same address.

        ``ready`` waits until it answers. Raises StartError where it cannot be started, or is not ready in time.
        """
        ...

    def signal(self, number: int, pid: int = 0) -> bool:
        """Send a signal to the main process, or to the one of its processes with that pid. Whether there was one."""
        ...

    async def wait(self) -> ExitStatus:
        """How the main process ended, waiting for it."""
        ...

    async def drive(self, order: Mapping[str, object]) -> str:
        """Have the app called without a server, in a process of its own beside the target's; see
        ``engine.observer.inside.driving`` for what an order holds; its values are tagged JSON. What is seen of it is at
        the boundary, by the order's token.

        What the script could not do, "" if all was done. Raises StartError where the app cannot be loaded.
        """
        ...

    async def stop(self) -> ExitStatus | None:
        """TERM first, KILL after the grace, and nothing left behind. Safe to call twice."""
        ...
