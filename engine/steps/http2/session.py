"""An HTTP/2 connection between the steps that use it.

Bytes are parsed where they arrive, once and in order, since the field sections of all streams share a table. So nothing
is lost whichever step reads first: each stream has an inbox, and the connection has one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from engine.errors import ChannelError, EngineError
from engine.model.protocols import Channel
from engine.model.variables import WrongValue
from engine.protocols.http2.connection import MANNERS, Arrival, Http2Client, is_fatal
from engine.protocols.http2.fields import Pair
from engine.protocols.http2.frames import (
    CONTINUATION,
    END_HEADERS,
    GOAWAY,
    HEADER,
    HEADERS,
    LARGEST_WINDOW,
    PREFACE,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    FrameReader,
)
from engine.protocols.http2.words import fields_in_words, in_words
from engine.steps.api.context import Connection, Context
from engine.steps.shared.sending import send
from engine.steps.shared.values import integer

T = TypeVar("T")
Note = Callable[..., None]


@dataclass(slots=True)
class Request:
    """A request that this side began on a stream: its method, and the content that went out."""

    method: str = "GET"
    body: bytes = b""


class Http2Session:
    """The client's half of a connection, over a channel. ``current`` is the stream of the last ``headers``, which
    actions and assertions without a stream mean; ``requests`` are those that were begun, by stream, and ``counted``
    the frames that an assertion about all streams has taken. ``note`` adds a line to the time line. With ``begins``,
    the next frames begin the connection, so replies to what the server has sent already wait for them."""

    def __init__(
        self,
        channel: Channel,
        note: Note,
        name: str = "",
        settings: Mapping[int, int] | None = None,
        manners: Collection[str] = MANNERS,
        *,
        begins: bool = False,
    ) -> None:
        self.client = Http2Client(settings, manners)
        self.current = 0
        self.requests: dict[int, Request] = {}
        self.counted: dict[int, list[Arrival]] = {}
        self.note = note
        self.goaways: list[Arrival] = []
        self._channel = channel
        self._name = name
        self._ended = False
        self._waiting: list[asyncio.Future[None]] = []
        self._watching: list[Callable[[], None]] = []
        self._cutting = begins  # a frame goes out in pieces, or the first one is still to come
        self._held = bytearray()  # frames that wait for its end
        channel.listen(self._take)

    @property
    def ended(self) -> str:
        """The end of the connection: ``fin``, ``reset`` or ``closed``; "" while it is open."""
        return self._channel.ended if self._ended else ""

    def watch(self, what: Callable[[], None]) -> None:
        """Call a function after each arrival, and at the end of the connection."""
        self._watching.append(what)

    def next_stream(self) -> int:
        """The next stream of this side. Raises WrongValue when there is none."""
        found = max((one for one in self.requests if one % 2), default=-1) + 2
        if found > LARGEST_WINDOW:
            raise WrongValue("no stream is left on this connection")
        return found

    def _take(self, data: bytes, at: float) -> None:
        if not data:
            self._ended = True
        else:
            arrivals = self.client.feed(data, at)
            self.goaways += [one for one in arrivals if one.frame.type == GOAWAY]
            if arrivals:
                frames = [one.frame for one in arrivals]
                self.note("frames received", partial(in_words, frames), subject=self._name)
            for one in arrivals:
                if one.fields:
                    words = partial(fields_in_words, one.fields)
                    self.note(f"fields of stream {one.frame.stream}", words, subject=self._name)
            self._reply(self.client.replies())
        for watching in self._watching:
            watching()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def _reply(self, data: bytes) -> None:
        if not data:
            return
        if self._cutting:
            self._held += data
            return
        try:
            self._channel.write(data)
        except ChannelError as error:
            self.note("not sent", error.what, subject=self._name)
            return
        if not _are_windows(data):
            self.note("frames sent", partial(_words_of, data), subject=self._name)

    def withheld(self) -> list[bytes]:
        """Take the replies that wait for the frames which begin the connection. They belong before content, since that
        may rely on the server's settings only once they are acknowledged (RFC 9113, 6.5.3)."""
        held, self._held = bytes(self._held), bytearray()
        return [held] if held else []

    @contextmanager
    def in_pieces(self, *, open_section: bool = False) -> Iterator[None]:
        """Hold replies back while frames go out in pieces: a reply inside of a frame would be a part of it. With
        ``open_section`` they also wait for the end of the field section that these frames begin, since no other frame
        may stand inside of it (RFC 9113, 4.3), and a server would end the connection for that."""
        self._cutting = True
        try:
            yield
        finally:
            self._cutting = open_section
            if not open_section:
                held, self._held = bytes(self._held), bytearray()
                self._reply(held)

    async def until(self, check: Callable[[], T | None]) -> T | None:
        """Wait until ``check`` returns something, which is tried at each arrival; None once the connection has ended
        without it."""
        while (found := check()) is None:
            if self._ended:
                return None
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        return found

    def pick(self, stream: int, wanted: Callable[[Frame], bool]) -> Arrival | None:
        """Take the first frame of an inbox that is wanted, None if there is none; others stay."""
        inbox = self.client.opened(stream).inbox if stream else self.client.inbox
        for arrival in inbox:
            if wanted(arrival.frame):
                inbox.remove(arrival)
                return arrival
        return None

    def first(self, wanted: Callable[[Frame], bool]) -> Arrival | None:
        """As ``pick``, from all inboxes: the one that came first."""
        every = [self.client.inbox, *(one.inbox for one in self.client.streams.values())]
        found = [(one.at, inbox, one) for inbox in every for one in inbox if wanted(one.frame)]
        if not found:
            return None
        _, inbox, arrival = min(found, key=lambda one: one[0])
        inbox.remove(arrival)
        return arrival

    def broken_rules(self) -> list[str]:
        """The rules that frames of the connection itself have broken so far. The frames are taken."""
        broken = [one for one in self.client.inbox if one.faults]
        for one in broken:
            self.client.inbox.remove(one)
        return [fault for one in broken for fault in one.faults]

    def unexpected(self) -> list[Arrival]:
        """The resets and errors, and the frames that break a rule, which no assertion has taken. They are taken."""
        found = []
        for inbox in [self.client.inbox, *(one.inbox for one in self.client.streams.values())]:
            for arrival in list(inbox):
                if is_fatal(arrival.frame) or arrival.faults:
                    inbox.remove(arrival)
                    found.append(arrival)
        return sorted(found, key=lambda one: one.at)


def session_of(connection: Connection) -> Http2Session:
    """The HTTP/2 session of a connection. Raises EngineError if there is none."""
    if not isinstance(connection.codec, Http2Session):
        raise EngineError(
            f"the connection {connection.name!r} does not carry HTTP/2",
            hint="open it with an `http2` step first, or give this step a connection of its own",
        )
    return connection.codec


def _are_windows(data: bytes) -> bool:
    """True if all frames are WINDOW_UPDATE, which has 13 bytes."""
    return data[3::13] == bytes((WINDOW_UPDATE,)) * (len(data) // 13) and not len(data) % 13


def _words_of(data: bytes) -> str:
    return in_words(frames_of(data))


def frames_of(data: bytes) -> list[Frame]:
    """The complete frames in some bytes."""
    reader = FrameReader()
    reader.feed(data)
    found = []
    while (one := reader.next()) is not None:
        found.append(one[0])
    return found


async def send_frames(
    ctx: Context, connection: Connection, data: Sequence[bytes], sent: bytes | None = None, fields: Sequence[Pair] = ()
) -> bool:
    """Send frames in one write, the first of which may be the preface; False if the peer has reset the connection.
    ``sent`` is what ``sent: true`` means from now on, ``fields`` are those of the section among the frames."""
    ctx.note("frames sent", partial(_sent_in_words, data), subject=connection.name)
    if fields:
        stream = stream_in(data[-1])
        ctx.note(f"fields of stream {stream}", partial(fields_in_words, fields), subject=connection.name)
    with session_of(connection).in_pieces(open_section=leaves_open(data[-1])):
        return await send(ctx, connection, b"".join(data), sent)


def _sent_in_words(data: Sequence[bytes]) -> str:
    shown = in_words(frames_of(b"".join(one for one in data if one != PREFACE)))
    return f"the preface; {shown}" if PREFACE in data else shown


def stream_in(data: bytes) -> int:
    """The stream of the first frame in some bytes that is on one; 0 if there is none."""
    at = 0
    while len(data) >= at + HEADER:
        if stream := int.from_bytes(data[at + 5 : at + 9], "big") & LARGEST_WINDOW:
            return stream
        at += HEADER + int.from_bytes(data[at : at + 3], "big")
    return 0


def leaves_open(data: bytes) -> bool:
    """True if the last frame in some bytes is one of a field section that it does not end."""
    at, kind, flags = 0, SETTINGS, 0
    while len(data) >= at + HEADER:
        kind, flags = data[at + 3], data[at + 4]
        at += HEADER + int.from_bytes(data[at : at + 3], "big")
    return kind in (HEADERS, CONTINUATION) and not flags & END_HEADERS


async def emit(ctx: Context, data: Sequence[bytes], sent: bytes | None = None, fields: Sequence[Pair] = ()) -> bool:
    """As ``send_frames``, on the connection of the script. Raises EngineError if it does not carry HTTP/2."""
    session_of(ctx.connection)
    return await send_frames(ctx, ctx.connection, data, sent, fields)


def stream_of(given: object, session: Http2Session, variables: Mapping[str, object]) -> int:
    """The stream that an action or an assertion means. Raises WrongValue for a number that does not fit."""
    if given is None:
        return session.current
    found = integer(given, variables, "stream")
    if not 0 <= found <= LARGEST_WINDOW:
        raise WrongValue(f"stream is {found}, and has 31 bits")
    return found
