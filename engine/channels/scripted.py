"""A channel without a socket: a script defines the arriving bytes and their times, and the sent bytes can be read.

It is used to test protocol code. Time is the script's own: an arrival is returned as soon as it is requested, with the
time that the script gives it. If the script stops without an end, a reader waits forever, as on a silent peer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.channels.record import Trace
from engine.errors import ChannelClosed, Reset
from engine.model.transcript import TraceEvent


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes, and the time of their arrival in seconds of the script. ``end`` is ``fin``, ``tls`` (a closure
    alert) or ``reset`` for an end."""

    data: bytes = b""
    at: float = 0.0
    end: str = ""


FIN = Arrival(end="fin")
ALERT = Arrival(end="tls")
RESET = Arrival(end="reset")

Answer = Callable[[bytes], Iterable["Arrival | bytes"]]


class ScriptedChannel:
    """``engine.model.protocols.Channel`` that plays a script.

    ``arrivals`` are handed out in order; plain bytes arrive at the time of the arrival before them. ``answer`` returns
    the arrivals that a write causes. ``sent`` has every write, ``actions`` everything else that was done.
    """

    def __init__(
        self, arrivals: Iterable[Arrival | bytes] = (), *, answer: Answer | None = None, label: str = "scripted"
    ) -> None:
        self._record = Trace(label)
        self._pending: deque[Arrival] = deque()
        self._back: list[tuple[bytes, float]] = []
        self._answer = answer
        self._now = 0.0
        self._ended = ""
        self._closure = ""
        self._shut = False
        self._on = True
        self._changed = asyncio.Event()
        self._sink: Callable[[bytes, float], None] | None = None
        self.sent: list[bytes] = []
        self.actions: list[str] = []
        self.arrive(*arrivals)

    def arrive(self, *arrivals: Arrival | bytes) -> None:
        """Add arrivals behind the remaining ones."""
        for arrival in arrivals:
            self._pending.append(arrival if isinstance(arrival, Arrival) else Arrival(arrival, -1.0))
        self._changed.set()
        self._pour()

    @property
    def now(self) -> float:
        """The script's time: that of the last arrival that was handed out."""
        return self._now

    @property
    def local(self) -> tuple[str, int]:
        """A made-up address."""
        return ("scripted", 1)

    @property
    def opened(self) -> float:
        """The script begins at 0."""
        return 0.0

    @property
    def events(self) -> Sequence[TraceEvent]:
        """The events so far, in order."""
        return self._record.events

    @property
    def ended(self) -> str:
        """``fin`` or ``reset`` once the script's end was reached, ``closed`` by this side, else ""."""
        return self._ended

    @property
    def closure(self) -> str:
        """``fin`` once the script's end was reached by one, ``tls`` if that is its end, else ""."""
        return self._closure

    async def send(self, data: bytes) -> float:
        """Take bytes, and let the script answer. Raises Reset and ChannelClosed."""
        return self.write(data)

    async def deliver(self, pieces: Sequence[bytes]) -> float:
        """Take each piece as ``send`` does."""
        for piece in pieces:
            self.write(piece)
        return self._now

    def write(self, data: bytes) -> float:
        """As ``send``."""
        if self._ended == "reset":
            raise Reset("the peer has reset the connection")
        if self._ended == "closed" or self._shut:
            raise ChannelClosed("this side has closed the connection")
        self.sent.append(data)
        self._record.data(self._now, "sent", data)
        if self._answer is not None:
            self.arrive(*self._answer(data))
        return self._now

    async def receive(self) -> tuple[bytes, float]:
        """The script's next arrival; (b"", its time) after a FIN. Raises Reset and ChannelClosed."""
        if self._back:
            return self._back.pop()
        while True:
            if self._ended == "fin":
                return b"", self._now
            if self._ended == "reset":
                raise Reset("the peer has reset the connection")
            if self._ended:
                raise ChannelClosed("this side has closed the connection")
            if self._pending and self._on:
                break
            self._changed.clear()
            await self._changed.wait()
        data = self._next()
        return (data, self._now) if data else await self.receive()

    def _next(self) -> bytes:
        """The bytes of the next arrival; empty for an end, which is noted."""
        arrival = self._pending.popleft()
        self._now = max(self._now, arrival.at)
        if arrival.end:
            self._ended = "reset" if arrival.end == "reset" else "fin"
            self._closure = "" if arrival.end == "reset" else arrival.end
            return b""
        self._record.data(self._now, "received", arrival.data)
        return arrival.data

    def listen(self, sink: Callable[[bytes, float], None]) -> None:
        """Hand each arrival to ``sink`` at once."""
        self._sink = sink
        self._pour()

    def _pour(self) -> None:
        while self._sink is not None and self._pending and self._on and not self._ended:
            self._sink(self._next(), self._now)

    def unread(self, data: bytes, at: float) -> None:
        """Put bytes back, to be received first."""
        if data:
            self._back.append((data, at))

    def reading(self, on: bool) -> None:
        """Hold the script's arrivals back, or let them come."""
        self._on = on
        self.actions.append(f"reading {'on' if on else 'off'}")
        self._changed.set()

    def half_close(self) -> None:
        """Shut the writing side."""
        self._shut = True
        self.actions.append("half_close")

    def close(self) -> None:
        """Close both sides."""
        self._end("close")

    def truncate(self) -> None:
        """Close both sides without a closure alert."""
        self._end("truncate")

    def reset(self) -> None:
        """Close with a reset."""
        self._end("reset")

    def _end(self, action: str) -> None:
        self._ended = self._ended or "closed"
        self.actions.append(action)
        self._changed.set()
