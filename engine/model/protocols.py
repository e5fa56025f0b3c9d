"""The interfaces between rooms: a byte stream to a target, the boundary of a live target, and a live target.

All times are seconds of the engine's clock, CLOCK_MONOTONIC; all addresses are (host, port).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from engine.model.boundary import AppCall
from engine.model.network import Address
from engine.model.target import ExitStatus, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.transcript import TraceEvent
from engine.model.usage import Usage


class Channel(Protocol):
    """A byte stream to a target, which records every byte and every close. All methods raise kinds of ChannelError
    only."""

    @property
    def local(self) -> tuple[str, int]:
        """This side's address; ("", 0) if the stream has none."""
        ...

    @property
    def opened(self) -> float:
        """The time at which the connection was established."""
        ...

    @property
    def events(self) -> Sequence[TraceEvent]:
        """The record so far, in order."""
        ...

    @property
    def ended(self) -> str:
        """The end of the stream by the peer: "" while it is open, else ``fin``, ``reset``, or ``closed`` (by this
        side)."""
        ...

    @property
    def closure(self) -> str:
        """The announcement of the end by the peer: ``tls`` for TLS's closure alert, ``fin`` for only a FIN, "" for
        neither."""
        ...

    async def send(self, data: bytes) -> float:
        """Write, and wait until the transport has accepted every byte. Returns the time of the last byte."""
        ...

    async def deliver(self, pieces: Sequence[bytes]) -> float:
        """Send pieces, each in a segment of its own: the next one when the peer has read the one before, where that can
        be known. Returns the time of the last byte."""
        ...

    def write(self, data: bytes) -> float:
        """Write without waiting, for small data. Returns the time."""
        ...

    async def receive(self) -> tuple[bytes, float]:
        """Wait for the next bytes; returns them with their time of arrival, (b"", time) after the peer's FIN. Raises
        Reset."""
        ...

    def listen(self, sink: Callable[[bytes, float], None]) -> None:
        """Hand bytes to ``sink`` as they arrive, with the time, in place of ``receive``; no bytes are the end."""
        ...

    def unread(self, data: bytes, at: float) -> None:
        """Put bytes back, for the next reader."""
        ...

    def reading(self, on: bool) -> None:
        """Pause reading from the socket (False), or resume (True)."""
        ...

    def half_close(self) -> None:
        """Shut down the writing side."""
        ...

    def close(self) -> None:
        """Close both sides; with TLS by a closure alert."""
        ...

    def truncate(self) -> None:
        """Close both sides by a FIN; with TLS without a closure alert."""
        ...

    def reset(self) -> None:
        """Close with a TCP reset."""
        ...


class Boundary(Protocol):
    """The observer's records of one live target, and the channel back to its application. Theory:
    ``engine/observer/spool.py``."""

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        """The value of the header that ties the n-th call of a job to its step."""
        ...

    def stage(self, job: str, script: object) -> None:
        """Hand a job's script (tagged JSON) to the application's side, before any byte of the job is sent."""
        ...

    def expect_peer(self, address: tuple[str, int], job: str) -> None:
        """Announce that calls from this address without a header belong to this job."""
        ...

    def mark(self, job: str, name: str) -> None:
        """Set a mark for the application's script."""
        ...

    def marked(self, job: str, name: str) -> bool:
        """True once either side has set the mark."""
        ...

    def refresh(self) -> None:
        """Read the records that were appended since the last call."""
        ...

    def calls(self, *, token: str = "", peer: tuple[str, int] | None = None, since: float = 0.0) -> list[AppCall]:
        """The calls with that token, or without a token from that peer since that time, in the order of their start."""
        ...

    def lifespans(self) -> list[AppCall]:
        """The lifespan calls, in the order of their start."""
        ...

    def strays(self, since: float) -> list[AppCall]:
        """Calls without a token since that time, from a client that no job announced, in the order of their start. No
        job owns them."""
        ...

    def send_raised(self, job: str) -> tuple[str, ...]:
        """The class names of the exceptions that send() raised in the calls of a job so far, each once."""
        ...

    @property
    def lost(self) -> int:
        """The number of records known to be lost so far."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Remarks of the observers about a whole process: that evidence was lost, and why."""
        ...

    def finish(self, job: str) -> None:
        """Drop a job's script, marks, peers and calls."""
        ...

    def close(self) -> None:
        """Close the files; calls that were read stay available."""
        ...


class LiveTarget(Protocol):
    """A started target."""

    @property
    def target(self) -> Target: ...

    @property
    def address(self) -> tuple[str, int]: ...

    @property
    def host(self) -> str:
        """The value of the Host header."""
        ...

    @property
    def upstream(self) -> tuple[str, int]:
        """The address of the server itself: ``address``, unless a gateway stands before it."""
        ...

    @property
    def speaks(self) -> str:
        """The protocol at ``upstream``: ``http``, ``fastcgi`` or ``uwsgi``."""
        ...

    @property
    def tls(self) -> TlsCredentials | None:
        """The credentials for clients; None without TLS."""
        ...

    def greeting(self, own: Address) -> bytes:
        """The first bytes of one of the engine's own connections, whose end here has the address ``own``: a header of
        the PROXY protocol with that address, if the server expects one, else b""."""
        ...

    @property
    def boundary(self) -> Boundary: ...

    @property
    def facts(self) -> TargetInfo: ...

    @property
    def pid(self) -> int:
        """The pid of the main process; 0 before it is started."""
        ...

    @property
    def ended(self) -> ExitStatus | None:
        """The exit status of the main process; None while it runs, and before it is started."""
        ...

    @property
    def ended_at(self) -> float:
        """The time at which the main process was seen to have ended; 0.0 if it has not."""
        ...

    async def check(self) -> ExitStatus | None:
        """Ask the supervisor for the exit status of the main process; None while it runs."""
        ...

    async def answers(self) -> bool:
        """Send GET /health: True for a response of any status. Always True for a dedicated server, which may be meant
        to stop answering."""
        ...

    @property
    def workers_lost(self) -> Sequence[int]:
        """The pids of processes that served calls and no longer exist, checked now."""
        ...

    def log(self, since: int = 0) -> str:
        """The output of the target so far, after the first ``since`` bytes."""
        ...

    @property
    def logged(self) -> int:
        """The size of its output so far, in bytes."""
        ...

    def usage(self) -> Sequence[Usage]:
        """The current resource usage of its processes, the main process first; empty if none runs. Excludes the process
        of ``drive``."""
        ...

    async def start(self, *, ready: bool = True) -> None:
        """Start a held or ended target, on the same address.

        With ``ready``, wait until it answers. Raises StartError if it cannot be started or is not ready in time.
        """
        ...

    def signal(self, number: int, pid: int = 0) -> bool:
        """Send a signal to the main process, or to its process with that pid. Returns False if there is none."""
        ...

    async def wait(self) -> ExitStatus:
        """Wait for the end of the main process; returns its exit status."""
        ...

    async def prepare_driving(self) -> None:
        """Load the app in the process in which ``drive`` calls it, unless it is loaded. Raises StartError."""
        ...

    async def drive(self, order: Mapping[str, object]) -> str:
        """Call the app without a server, in a separate process. ``order`` is as
        ``engine.observer.inside.driving`` documents, with values in tagged JSON. The call appears at the boundary under
        the order's token.

        Returns the part of the script that could not be done, in words, "" for none. Raises StartError if the app
        cannot be loaded.
        """
        ...

    async def stop(self) -> ExitStatus | None:
        """Send TERM, then KILL after the grace period; nothing stays behind. May be called again."""
        ...
