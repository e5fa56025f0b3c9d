"""A connection of HTTP/2 without I/O, against the library h2 as its client, and against bytes that no client sends."""

from __future__ import annotations

import random
from collections.abc import Sequence

import h2.config
import h2.connection
import h2.events
import pytest

from engine.protocols.http2.frames import encode, settings_payload
from engine.reference.http2.faults import ConnectionFault, ErrorCode
from engine.reference.http2.frames import PREFACE
from engine.reference.http2.protocol import Began, Content, Gone, Happening, Http2Protocol
from engine.reference.limits import LIMITS

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]
POST = [(b":method", b"POST"), *GET[1:]]
HELLO = encode(4, 0, 0)


class Peer:
    """The library as a client, and the protocol."""

    def __init__(self) -> None:
        self.client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        self.client.initiate_connection()
        self.protocol = Http2Protocol(LIMITS, lambda: 0.0)
        self.happenings: list[Happening] = []
        self.events: list[h2.events.Event] = []

    def exchange(self) -> None:
        """Carry bytes both ways until none are left."""
        while True:
            sent = self.client.data_to_send().removeprefix(PREFACE)
            out = bytes(self.protocol.out)
            self.protocol.out.clear()
            if not sent and not out:
                return
            self.happenings += self.protocol.receive(bytearray(sent))
            self.events += self.client.receive_data(out)

    def seen(self, kind: type[h2.events.Event]) -> list[h2.events.Event]:
        return [one for one in self.events if isinstance(one, kind)]


def fed(*frames: bytes, hello: bytes = HELLO) -> tuple[list[Happening], Http2Protocol]:
    protocol = Http2Protocol(LIMITS, lambda: 0.0)
    return list(protocol.receive(bytearray(hello + b"".join(frames)))), protocol


def block(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    found = bytearray()
    for name, value in fields:
        found += b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value
    return bytes(found)


def head(stream: int, fields: Sequence[tuple[bytes, bytes]] = POST, flags: int = 4) -> bytes:
    return encode(1, flags, stream, block(fields))


def test_a_request_and_its_response() -> None:
    peer = Peer()
    peer.client.send_headers(1, [*POST, (b"x-a", b"b")])
    peer.client.send_data(1, b"hello")
    peer.client.send_headers(1, [(b"x-t", b"1")], end_stream=True)
    peer.exchange()
    began, data, end = peer.happenings
    assert isinstance(began, Began)
    assert (data, end) == (Content(1, b"hello", False), Content(1, b"", True))
    peer.protocol.head(1, [(b":status", b"103"), (b"link", b"</a>")], ends=False)
    peer.protocol.head(1, [(b":status", b"200"), (b"x-c", b"d")], ends=False)
    peer.protocol.data(1, b"body", ends=False)
    peer.protocol.head(1, [(b"x-t", b"2")], ends=True)
    peer.exchange()
    assert [type(one).__name__ for one in peer.events if "Settings" not in type(one).__name__] == [
        "InformationalResponseReceived", "ResponseReceived", "DataReceived", "TrailersReceived", "StreamEnded",
    ]  # fmt: skip
    assert peer.protocol.streams == {}


def test_windows_are_kept_and_given_back() -> None:
    peer = Peer()
    peer.client.send_headers(1, POST)
    peer.exchange()
    total = 300_000
    while total:
        size = min(peer.client.local_flow_control_window(1), 16384, total)
        assert size, "the window is not given back"
        peer.client.send_data(1, b"x" * size)
        total -= size
        peer.exchange()
        peer.protocol.credit(1, size)
        peer.exchange()
    assert peer.protocol.room(1) == 16384
    peer.protocol.head(1, [(b":status", b"200")], ends=False)
    for _ in range(3):
        peer.protocol.data(1, b"y" * 16384, ends=False)
    assert peer.protocol.room(1) == 65535 - 3 * 16384
    peer.protocol.data(1, b"y" * peer.protocol.room(1), ends=False)
    assert peer.protocol.room(1) == 0
    peer.exchange()
    peer.client.increment_flow_control_window(10, 1)
    peer.exchange()
    assert peer.protocol.room(1) == 0
    peer.client.increment_flow_control_window(5)
    peer.exchange()
    assert peer.protocol.room(1) == 5


def test_goaway_lets_streams_end() -> None:
    peer = Peer()
    peer.client.send_headers(1, GET, end_stream=True)
    peer.exchange()
    peer.protocol.goaway(ErrorCode.NO_ERROR, final=False)
    peer.protocol.goaway(ErrorCode.NO_ERROR)
    happened = list(peer.protocol.receive(bytearray(head(3, GET, 5))))
    assert happened == []
    peer.protocol.head(1, [(b":status", b"200")], ends=True)
    assert peer.protocol.streams == {}


@pytest.mark.parametrize("size", [1, 2, 5, 13, 100])
def test_frames_come_in_pieces(size: int) -> None:
    data = HELLO + head(1) + encode(0, 0, 1, b"abc") + encode(0, 1, 1, b"") + head(3, GET, 5)
    protocol, buffer = Http2Protocol(LIMITS, lambda: 0.0), bytearray()
    found: list[Happening] = []
    for at in range(0, len(data), size):
        buffer += data[at : at + size]
        found += protocol.receive(buffer)
    assert [type(one) for one in found] == [Began, Content, Content, Began]


@pytest.mark.parametrize(
    ("frames", "code", "clause"),
    [
        ([encode(0, 1, 1, b"a")], 1, "H2-24"),
        ([encode(3, 0, 1, bytes(4))], 1, "H2-24"),
        ([encode(8, 0, 1, b"\0\0\0\1")], 1, "H2-24"),
        ([encode(8, 0, 0, bytes(4))], 1, "H2-72"),
        ([encode(8, 0, 0, b"\x7f\xff\xff\xff")], 3, "H2-73"),
        ([encode(9, 4, 1, b"a")], 1, "H2-48"),
        ([head(1, flags=0), encode(6, 0, 0, bytes(8))], 1, "H2-47"),
        ([head(2)], 1, "H2-20"),
        ([head(5), head(3)], 1, "H2-21"),
        ([head(1, GET, 5), encode(4, 0, 1)], 1, "H2-16"),
        ([encode(6, 0, 0, bytes(7))], 6, "H2-12"),
        ([encode(4, 1, 0, settings_payload([(1, 1)]))], 6, "H2-12"),
        ([encode(5, 4, 1, bytes(8))], 1, "H2-44"),
        ([encode(2, 0, 0, bytes(5))], 1, "H2-17"),
        ([head(1), encode(8, 0, 1, b"\x7f\0\0\0"), encode(4, 0, 0, settings_payload([(4, 2**31 - 1)]))], 3, "H2-73"),
    ],
)
def test_errors_of_the_connection(frames: list[bytes], code: int, clause: str) -> None:
    with pytest.raises(ConnectionFault) as raised:
        fed(*frames)
    assert (raised.value.code, raised.value.clause) == (code, clause)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([head(1, [(b"X", b"1")])], 1),
        ([head(1, GET, 5), encode(0, 0, 1, b"a")], 5),
        ([head(1), encode(8, 0, 1, bytes(4))], 1),
        ([head(1), encode(8, 0, 1, b"\x7f\xff\xff\xff")], 3),
        ([head(1), encode(2, 0, 1, bytes(4))], 6),
        ([head(1, [*POST, (b"content-length", b"3")]), encode(0, 1, 1, b"ab")], 1),
        ([head(1), head(1, [(b"x", b"y")])], 1),
        ([head(1), encode(3, 0, 1, bytes(4)), encode(0, 0, 1, b"a")], 5),
    ],
)
def test_errors_of_a_stream(frames: list[bytes], code: int) -> None:
    happened, protocol = fed(*frames)
    assert encode(3, 0, 1, code.to_bytes(4, "big")) in bytes(protocol.out)
    assert 1 not in protocol.streams
    assert all(not isinstance(one, Gone) or one.stream == 1 for one in happened)


def test_the_first_frame_is_settings() -> None:
    with pytest.raises(ConnectionFault, match="H2-03"):
        fed(hello=encode(6, 0, 0, bytes(8)))


def test_streams_beyond_the_limit_are_refused() -> None:
    happened, protocol = fed(*(head(number) for number in range(1, 207, 2)))
    assert len([one for one in happened if isinstance(one, Began)]) == 100
    assert bytes(protocol.out).count((7).to_bytes(4, "big")) == 3


def test_a_section_without_an_end_is_an_error() -> None:
    with pytest.raises(ConnectionFault, match="H2-81"):
        fed(head(1, flags=0), *(encode(9, 0, 1, b"\0" * 16384) for _ in range(10)))


def test_cheap_frames_are_limited() -> None:
    for frame in (encode(6, 0, 0, bytes(8)), encode(4, 0, 0), head(1) + encode(0, 0, 1) * 500):
        with pytest.raises(ConnectionFault, match="H2-80"):
            fed(*[frame] * 500)


@pytest.mark.parametrize("seed", range(60))
def test_any_frames_are_served_or_an_error(seed: int) -> None:
    rng = random.Random(seed)
    protocol = Http2Protocol(LIMITS, lambda: 0.0)
    frames = [HELLO]
    for _ in range(60):
        payload = rng.choice([b"", block(POST), rng.randbytes(rng.randrange(12)), b"\0\0\0\1", bytes(8)])
        frames.append(encode(rng.randrange(12), rng.choice([0, 1, 4, 5, 8, 32, 255]), rng.randrange(6), payload))
    try:
        for happening in protocol.receive(bytearray(b"".join(frames))):
            assert isinstance(happening, Began | Content | Gone)
    except ConnectionFault as fault:
        protocol.goaway(fault.code, fault.why)
    assert all(stream % 2 for stream in protocol.streams)
