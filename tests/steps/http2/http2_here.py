"""An HTTP/2 connection without a server: the library h2 plays one on a scripted channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from engine.channels.scripted import Arrival, ScriptedChannel
from engine.protocols.http2.frames import PREFACE, Frame
from engine.steps.api.context import Connection
from engine.steps.api.observation import Observation
from engine.steps.http2.session import Http2Session, frames_of
from tests.steps.context import JobScope, on, run
from tests.steps.reader import STEP_TYPES, step

Responds = Callable[["Library", int, dict[bytes, bytes], bytes], None]


class Library:
    """A server of the library h2: ``responds`` is called with each whole request. ``fields`` are those of the requests
    by stream, ``trailers`` likewise, and ``resets`` the codes of its resets. What the client sends must be
    correct: the library refuses anything else, with GOAWAY."""

    def __init__(self, responds: Responds | None = None) -> None:
        self.server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        self.responds = responds or echo
        self.fields: dict[int, list[tuple[bytes, bytes]]] = {}
        self.bodies: dict[int, bytearray] = {}
        self.trailers: dict[int, list[tuple[bytes, bytes]]] = {}
        self.resets: dict[int, int] = {}
        self.pings: list[bytes] = []
        self.server.initiate_connection()

    def __call__(self, data: bytes) -> list[bytes]:
        """The answer to some bytes."""
        try:
            for event in self.server.receive_data(data):
                self._take(event)
        except h2.exceptions.ProtocolError:
            pass
        out = self.server.data_to_send()
        return [out] if out else []

    def _take(self, event: Any) -> None:
        match event:
            case h2.events.RequestReceived():
                self.fields[event.stream_id] = [(bytes(name), bytes(value)) for name, value in event.headers]
                self.bodies[event.stream_id] = bytearray()
            case h2.events.DataReceived():
                self.bodies[event.stream_id] += event.data
                self.server.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                stream = event.stream_id
                self.responds(self, stream, dict(self.fields[stream]), bytes(self.bodies[stream]))
            case h2.events.TrailersReceived():
                self.trailers[event.stream_id] = [(bytes(name), bytes(value)) for name, value in event.headers]
            case h2.events.StreamReset():
                self.resets[event.stream_id] = event.error_code
            case h2.events.PingReceived():
                self.pings.append(event.ping_data)


def echo(library: Library, stream: int, fields: dict[bytes, bytes], body: bytes) -> None:
    """Respond with the request's body."""
    del fields
    library.server.send_headers(stream, [(b":status", b"200"), (b"x-a", b"1")])
    library.server.send_data(stream, body, end_stream=True)


def connected(
    *arrivals: Arrival | bytes, library: Library | None = None, **variables: object
) -> tuple[JobScope, Connection, ScriptedChannel]:
    """A context with a connection that carries HTTP/2, and its channel: after the library's preface come the
    arrivals."""
    channel = ScriptedChannel(answer=library)
    ctx = JobScope(variables=variables)
    ctx.channel = channel
    connection = Connection(channel)
    connection.codec = Http2Session(channel, ctx.note, settings={2: 0})
    if library is not None:
        channel.write(PREFACE + b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00")
    channel.arrive(*arrivals)
    return ctx, connection, channel


def acted(
    *actions: dict[str, object],
    library: Library | None = None,
    arrivals: Sequence[Arrival | bytes] = (),
    **more: object,
) -> tuple[list[Observation], list[Frame]]:
    """What the last assertions saw, and the frames that the actions sent, the acknowledgement of settings apart."""

    async def work() -> tuple[list[Observation], list[Frame]]:
        ctx, connection, channel = connected(*arrivals, library=library, **more)
        before = len(channel.sent)
        seen = []
        for act in actions:
            for name, body in act.items():
                found = await on(ctx, connection, name, body, group="http2")
                seen += [found] if found is not None else []
        return seen, frames_of(b"".join(channel.sent[before:]))

    return run(work())


def previewed(name: str, body: object, **variables: object) -> list[tuple[str, bytes]]:
    """The text that `engine show` prints for an action."""
    kind = STEP_TYPES["http2", name]
    assert kind.preview is not None
    found = kind.preview(step(name, body, "http2").params, variables, "$(host)")
    return [(one.what, one.data) for one in found]
