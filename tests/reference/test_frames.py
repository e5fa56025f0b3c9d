from __future__ import annotations

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate

from engine.protocols.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    close_payload,
    decode,
    encode,
)
from engine.reference.frames import Boundaries, ClientFrames, Protocol, TooWide
from engine.reference.violations import Disconnected

LIMIT = 1000


def frames(*, deflate: bool = False) -> ClientFrames:
    protocol = Protocol(LIMIT, [])
    if deflate:
        protocol.extensions = [PerMessageDeflate(False, False, 15, 15)]
    return ClientFrames(protocol)


def written(connection: ClientFrames) -> list[Frame]:
    data, found = connection.out(), []
    while data:
        one = decode(data)
        assert isinstance(one, Frame)
        assert not one.faults
        found.append(one)
        data = data[one.size :]
    return found


def codes(connection: ClientFrames) -> list[int | None]:
    return [one.code for one in written(connection) if one.opcode == CLOSE]


MESSAGES = (
    encode(TEXT, "aü".encode())
    + encode(BINARY, b"\0\xff")
    + encode(TEXT, b"\xc3", fin=False)
    + encode(PING, b"p")
    + encode(CONTINUATION, b"", fin=False)
    + encode(CONTINUATION, b"\xbc")
    + encode(BINARY, b"x" * 126)
    + encode(TEXT)
    + encode(PONG, b"nobody asked")
)
CONTENT = ["aü", b"\0\xff", "ü", b"x" * 126, ""]


def test_messages_whole() -> None:
    connection = frames()
    assert connection.feed(MESSAGES) == CONTENT
    assert [(one.opcode, one.payload) for one in written(connection)] == [(PONG, b"p")]
    assert connection.open
    assert not connection.over


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_messages_in_pieces(size: int) -> None:
    connection, found = frames(), []
    for start in range(0, len(MESSAGES), size):
        found += connection.feed(MESSAGES[start : start + size])
    assert found == CONTENT


def test_a_close_is_answered_and_nothing_after_it_counts() -> None:
    connection = frames()
    data = encode(TEXT, b"a") + encode(CLOSE, close_payload(4000, b"why")) + encode(PING) + encode(TEXT, b"b")
    assert connection.feed(data) == ["a"]
    assert codes(connection) == [4000]
    assert connection.over
    assert connection.closed_with == (4000, "why")
    with pytest.raises(Disconnected):
        connection.send("x")
    with pytest.raises(Disconnected):
        connection.close(1000)


def test_a_close_without_a_code() -> None:
    connection = frames()
    connection.feed(encode(CLOSE))
    assert codes(connection) == [None]
    assert connection.closed_with == (1005, "")


def test_a_close_between_fragments_is_a_close() -> None:
    connection = frames()
    connection.feed(encode(TEXT, b"a", fin=False) + encode(CLOSE, close_payload(1000)))
    assert codes(connection) == [1000]


WRONG = {
    "unmasked": (encode(TEXT, b"x", mask=False), 1002),
    "rsv1": (encode(TEXT, b"x", rsv1=True), 1002),
    "rsv2": (encode(TEXT, b"x", rsv2=True), 1002),
    "opcode-3": (encode(3, b"x"), 1002),
    "opcode-15": (encode(15), 1002),
    "lone-continuation": (encode(CONTINUATION, b"x"), 1002),
    "text-in-text": (encode(TEXT, b"x", fin=False) + encode(TEXT, b"y"), 1002),
    "long-ping": (encode(PING, b"x" * 126), 1002),
    "ping-in-parts": (encode(PING, fin=False), 1002),
    "wide-16": (encode(TEXT, b"x", length_as=16), 1002),
    "wide-64": (encode(TEXT, b"x", length_as=64), 1002),
    "wide-64-for-16": (encode(BINARY, b"x" * 200, length_as=64), 1002),
    "highest-bit": (encode(BINARY, length_as=64, claim_length=2**63), 1002),
    "half-a-code": (encode(CLOSE, b"\3"), 1002),
    "code-1005": (encode(CLOSE, close_payload(1005)), 1002),
    "code-2000": (encode(CLOSE, close_payload(2000)), 1002),
    "code-5000": (encode(CLOSE, close_payload(5000)), 1002),
    "reason-no-utf8": (encode(CLOSE, close_payload(1000, b"\xff")), 1007),
    "text-no-utf8": (encode(TEXT, b"\x80"), 1007),
    "text-surrogate": (encode(TEXT, b"\xed\xa0\x80"), 1007),
    "text-ends-early": (encode(TEXT, b"\xc3"), 1007),
    "text-no-utf8-at-once": (encode(TEXT, b"\xff", fin=False), 1007),
    "too-long": (encode(BINARY, b"x" * (LIMIT + 1)), 1009),
    "too-long-by-its-word": (encode(BINARY, claim_length=2**40), 1009),
    "too-long-in-parts": (encode(BINARY, b"x" * LIMIT, fin=False) + encode(CONTINUATION, b"x"), 1009),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_fails_the_connection(name: str) -> None:
    data, code = WRONG[name]
    connection = frames()
    assert connection.feed(data + encode(TEXT, b"after")) == []
    assert connection.over
    assert codes(connection) == [code]
    assert connection.closed_with[0] in (1000, 1006)
    assert connection.feed(encode(TEXT, b"after")) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_fails_the_connection_byte_by_byte(name: str) -> None:
    data, code = WRONG[name]
    connection, found = frames(), []
    for byte in data:
        if not connection.over:
            found += connection.feed(bytes([byte]))
    assert (found, codes(connection)) == ([], [code])


def test_a_failure_does_not_wait_for_what_comes_after_it() -> None:
    connection = frames()
    connection.feed(encode(TEXT, b"\xff") + encode(CLOSE, close_payload(1000)))
    assert codes(connection) == [1007]


def test_sending() -> None:
    connection = frames()
    connection.send("ü")
    connection.send(b"")
    assert [(one.opcode, one.payload) for one in written(connection)] == [(TEXT, "ü".encode()), (BINARY, b"")]
    with pytest.raises(UnicodeEncodeError):
        connection.send("\ud800")
    with pytest.raises(ValueError, match="code"):
        connection.close(1005)
    connection.close(4001, "bye")
    assert [(one.code, one.reason) for one in written(connection)] == [(4001, "bye")]
    with pytest.raises(Disconnected):
        connection.send("x")
    assert connection.feed(encode(TEXT, b"late")) == ["late"]
    connection.feed(encode(CLOSE, close_payload(4001)))
    assert connection.over


def test_compressed_messages() -> None:
    sent, back = PerMessageDeflate(False, False, 15, 15), frames(deflate=True)
    from websockets.frames import Frame as Theirs
    from websockets.frames import Opcode

    packed = bytes(sent.encode(Theirs(Opcode.TEXT, b"hello hello hello")).data)
    first = encode(TEXT, packed[:5], fin=False, rsv1=True) + encode(CONTINUATION, packed[5:])
    assert back.feed(first + encode(TEXT, b"plain") + encode(TEXT, b"\0", rsv1=True)) == [
        "hello hello hello",
        "plain",
        "",
    ]
    back.send("hello hello hello")
    (frame,) = written(back)
    assert frame.rsv1
    assert len(frame.payload) < 17


@pytest.mark.parametrize(
    ("frame", "code"),
    # The mask is another one each time, and what stands in an id is the same in every process.
    [(encode(BINARY, b"\xff\xfe", rsv1=True), 1002), (encode(PING, rsv1=True), 1002)],
    ids=["no deflate stream", "a compressed ping"],
)
def test_broken_compression(frame: bytes, code: int) -> None:
    connection = frames(deflate=True)
    assert connection.feed(frame) == []
    assert codes(connection) == [code]


def test_a_small_message_that_grows() -> None:
    from websockets.frames import Frame as Theirs
    from websockets.frames import Opcode

    packed = bytes(PerMessageDeflate(False, False, 15, 15).encode(Theirs(Opcode.BINARY, b"\0" * LIMIT * 1000)).data)
    connection = frames(deflate=True)
    assert connection.feed(encode(BINARY, packed[: LIMIT - 1], rsv1=True, fin=False)) == []
    assert codes(connection) == [1009]


def test_boundaries() -> None:
    data = encode(TEXT, b"abc") + encode(PING) + encode(BINARY, b"x" * 300) + encode(TEXT, mask=False)
    for size in (1, 3, len(data)):
        boundaries = Boundaries()
        pieces: list[bytes] = []
        for start in range(0, len(data), size):
            pieces += boundaries.split(data[start : start + size])
        assert b"".join(pieces) == data
        ends = {9, 15, 323, 325}
        assert ends <= {len(b"".join(pieces[: number + 1])) for number in range(len(pieces))}
    with pytest.raises(TooWide):
        list(Boundaries().split(encode(TEXT, b"x", length_as=16)))
