"""A FastCGI connection between the steps that use it: the requests that were begun on it, and records that come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import EngineError
from engine.model.protocols import Channel
from engine.model.variables import WrongValue
from engine.protocols.fastcgi import LONGEST, FastcgiRecord, RecordReader, decode, in_words
from engine.steps.api.context import Connection, Context
from engine.steps.shared.sending import send
from engine.steps.shared.values import integer


@dataclass(slots=True)
class FastcgiSession:
    """The web server's side of a connection.

    ``current`` is the id of the request that was begun last, which actions and assertions without an id mean.
    ``kept_open`` are the requests that asked for the connection to be kept, ``bodies`` what went out on STDIN by the
    id. ``packed`` are the bytes of actions that go out together, None where each goes out by itself.
    """

    current: int = 1
    kept_open: set[int] = field(default_factory=set)
    bodies: dict[int, bytearray] = field(default_factory=dict)
    packed: bytearray | None = None

    def body(self, id: int) -> bytes:
        """The bytes sent on a request's STDIN."""
        return bytes(self.bodies.get(id, b""))


def session_of(connection: Connection) -> FastcgiSession:
    """The FastCGI session of a connection. Raises EngineError where none was opened on it."""
    if not isinstance(connection.codec, FastcgiSession):
        raise EngineError(
            f"the connection {connection.name!r} does not carry FastCGI",
            hint="open it with a `fastcgi` step first, or give this step a connection of its own",
        )
    return connection.codec


async def emit(ctx: Context, records: Sequence[bytes], sent: bytes = b"") -> bool:
    """Send records in one write, or keep them for the ``write`` around this action; False where the peer has reset the
    connection. ``sent`` is what ``sent: true`` means from now on."""
    connection = ctx.connection
    session = session_of(connection)
    data = b"".join(records)
    records_sent = [record for record in map(_whole, records) if record is not None]
    if records_sent:
        ctx.note("records sent", in_words(records_sent), subject=connection.name)
    if session.packed is not None:
        session.packed += data
        connection.sent = sent
        return True
    return await send(ctx, connection, data, sent)


def _whole(data: bytes) -> FastcgiRecord | None:
    """The record in some bytes, None if it is not complete."""
    try:
        found = decode(data)
    except ValueError:
        return None
    return found if isinstance(found, FastcgiRecord) and found.size == len(data) else None


class Inflow:
    """Records that arrive on a channel, one by one. Bytes that were read and not used are put back at the end."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._reader = RecordReader()
        self._at = 0.0
        self._passed: list[tuple[bytes, float]] = []

    async def next(self) -> tuple[FastcgiRecord, bytes, float] | None:
        """The next record, its bytes, and when the last of them came; None after a FIN. Raises Reset, and
        MalformedRecord where what came is no record."""
        while (found := self._reader.next()) is None:
            data, at = await self._channel.receive()
            if not data:
                return None
            self._at = at
            self._reader.feed(data)
        return *found, self._at

    def leave(self, raw: bytes, at: float) -> None:
        """A record is not for this look, and stays for a later one."""
        self._passed.append((raw, at))

    def put_back(self) -> None:
        """Give the channel back what nobody took, in order."""
        self._channel.unread(self._reader.rest, self._at)
        for raw, at in reversed(self._passed):
            self._channel.unread(raw, at)


def fits(id: int) -> int:
    """A request's id. Raises ValueError where it does not fit into its field."""
    if not 0 <= id <= LONGEST:
        raise WrongValue(f"id is {id}, and should be at most {LONGEST}")
    return id


def id_of(given: object, session: FastcgiSession, variables: Mapping[str, object]) -> int:
    """The request that an action or an assertion means."""
    return session.current if given is None else fits(integer(given, variables, "id"))
