from __future__ import annotations

import zlib

import pytest

from engine.channels.scripted import FIN, RESET, Arrival, ScriptedChannel
from engine.model.expectation import ABSENT
from engine.model.wire_bytes import WireBytes
from engine.protocols.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameReader, close_payload, encode
from engine.steps.api.context import Connection
from engine.steps.api.observation import Observation
from engine.steps.websocket.session import Inflater, WebSocketSession
from tests.steps.context import JobScope, on, run, why


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv1: bool = False, mask: bool = False) -> bytes:
    return encode(opcode, payload, fin=fin, rsv1=rsv1, mask=mask, key=b"key!")


GOODBYE = frame(CLOSE, close_payload(1001, b"going"))


class Table:
    """A WebSocket on a scripted channel."""

    def __init__(self, *arrivals: Arrival | bytes, inflating: bool | None = None, answers: bool = False) -> None:
        answer = (lambda data: [frame(PONG, decoded(data)[0][1])]) if answers else None
        self.channel = ScriptedChannel(arrivals, answer=answer)
        inflater = None if inflating is None else Inflater(keeps_context=inflating)
        self.session = WebSocketSession(inflater)
        self.connection = Connection(self.channel, codec=self.session, sent=b"sent")
        self.ctx = JobScope()

    def look(self, name: str, body: object) -> Observation:
        return run(on(self.ctx, self.connection, name, body, group="websocket"))

    @property
    def said(self) -> list[tuple[object, bytes]]:
        return decoded(b"".join(self.channel.sent))


def decoded(data: bytes) -> list[tuple[object, bytes]]:
    reader = FrameReader()
    found: list[tuple[object, bytes]] = []
    reader.feed(data)
    while (one := reader.next()) is not None:
        found.append((one[0].name, one[0].payload))
    return found


# receive


def test_a_text() -> None:
    seen = Table(frame(TEXT, "ü".encode())).look("receive", {})
    assert (seen.fact("text"), seen.fact("binary"), seen.fact("json"), why(seen)) == ("ü", ABSENT, ABSENT, [])
    assert seen.sent == b"sent"


def test_a_text_that_is_json() -> None:
    seen = Table(frame(TEXT, b'{"a": [1, 2]}')).look("receive", {})
    assert (seen.fact("json"), seen.fact("json.a.1"), seen.fact("json.b")) == ({"a": [1, 2]}, 2, ABSENT)


def test_a_binary() -> None:
    seen = Table(frame(BINARY, b"\xff{}")).look("receive", {})
    assert (seen.fact("binary"), seen.fact("text"), seen.fact("json")) == (b"\xff{}", ABSENT, ABSENT)
    assert isinstance(seen.fact("binary"), WireBytes)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_fragments_with_a_ping_between_and_more_behind(size: int) -> None:
    data = frame(TEXT, b"one", fin=False) + frame(PING, b"p") + frame(PONG) + frame(CONTINUATION, "ü".encode())
    data += frame(TEXT, b"next")
    table = Table(*[data[at : at + size] for at in range(0, len(data), size)])
    assert table.look("receive", {}).fact("text") == "oneü"
    assert table.said == [("pong", b"p")]
    assert table.look("receive", {}).fact("text") == "next"


def test_a_message_waits_for_its_last_fragment() -> None:
    table = Table(frame(TEXT, b"one", fin=False))
    assert why(table.look("receive", {"within": "10ms"})) == [("receive", "timeout")]
    table.channel.arrive(frame(CONTINUATION, b"two"))
    assert table.look("receive", {}).fact("text") == "onetwo"


def test_half_a_frame_is_left_where_it_was() -> None:
    table = Table(frame(TEXT, b"hello")[:4])
    table.look("receive", {"within": "10ms"})
    table.channel.arrive(frame(TEXT, b"hello")[4:])
    assert table.look("receive", {}).fact("text") == "hello"


@pytest.mark.parametrize(
    ("arrivals", "actual"),
    [
        ([FIN], "closed"),
        ([RESET], "reset"),
        ([GOODBYE], "a close frame with code 1001 and reason 'going'"),
        ([frame(CLOSE)], "a close frame"),
    ],
)
def test_no_message(arrivals: list[Arrival | bytes], actual: str) -> None:
    table = Table(*arrivals)
    seen = table.look("receive", {})
    assert why(seen) == [("receive", actual)]
    assert [seen.fact(name) for name in ("text", "binary", "json")] == [ABSENT] * 3


def test_a_close_frame_is_left_for_who_looks_at_it() -> None:
    table = Table(GOODBYE, FIN)
    table.look("receive", {})
    assert table.look("closed", {}).fact("code") == 1001


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (frame(TEXT, b"x", mask=True), "masked"),
        (frame(TEXT, b"x", rsv1=True), "no extension was agreed"),
        (frame(CONTINUATION, b"x"), "no message was begun"),
        (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), "before the one before it had ended"),
        (encode(TEXT, b"a", mask=False, length_as=16), "not the fewest"),
    ],
)
def test_rules_that_the_server_breaks(data: bytes, fault: str) -> None:
    seen = Table(data).look("receive", {})
    ((where, actual),) = why(seen)
    assert where == "receive"
    assert fault in str(actual)


def test_a_text_that_is_not_utf8() -> None:
    seen = Table(frame(TEXT, b"\xff")).look("receive", {})
    assert why(seen) == [("receive", b"\xff")]
    assert (seen.fact("text"), seen.fact("json")) == (ABSENT, ABSENT)


def test_a_message_that_does_not_come_has_no_parts() -> None:
    seen = Table(GOODBYE).look("receive", {})
    assert [seen.fact(name) for name in ("payload", "compressed", "frames")] == [ABSENT] * 3


def test_compressed_messages() -> None:
    packer = zlib.compressobj(wbits=-15)

    def packed(data: bytes) -> bytes:
        return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    first, second = packed(b"hello hello"), packed(b"hello again")
    table = Table(
        frame(TEXT, first[:2], fin=False, rsv1=True), frame(CONTINUATION, first[2:]),
        frame(TEXT, second, rsv1=True), frame(TEXT, b"plain"), frame(TEXT, b"\xff\xff", rsv1=True), inflating=True,
    )  # fmt: skip
    seen = [table.look("receive", {}) for _ in range(3)]
    assert [one.fact("text") for one in seen] == ["hello hello", "hello again", "plain"]
    assert [one.fact("payload") for one in seen] == [b"hello hello", b"hello again", b"plain"]
    assert [(one.fact("compressed"), one.fact("frames")) for one in seen] == [(True, 2), (True, 1), (False, 1)]
    assert "cannot be inflated" in str(why(table.look("receive", {}))[0])


def test_a_context_that_is_not_kept() -> None:
    def packed(data: bytes) -> bytes:
        packer = zlib.compressobj(wbits=-15)
        return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    table = Table(*[frame(TEXT, packed(b"hello"), rsv1=True)] * 2, inflating=False)
    assert [table.look("receive", {}).fact("text") for _ in range(2)] == ["hello", "hello"]


# frame


def test_a_frame_as_it_is() -> None:
    table = Table(frame(TEXT, b"x", fin=False, rsv1=True) + frame(PING, b"p") + frame(11) + GOODBYE)
    first, ping, odd, close = (table.look("frame", {}) for _ in range(4))
    assert [first.fact(name) for name in ("opcode", "payload", "fin", "rsv1", "masked", "code")] == [
        "text", b"x", False, True, False, ABSENT,
    ]  # fmt: skip
    assert (ping.fact("opcode"), ping.fact("fin"), ping.fact("faults"), table.said) == ("ping", True, [], [])
    assert odd.fact("opcode") == 11
    assert odd.fact("faults") == ["opcode 11 is reserved (5.2)"]
    assert [close.fact(name) for name in ("opcode", "code", "payload")] == ["close", 1001, b"going"]
    assert all(why(seen) == [] for seen in (first, ping, odd, close))


def test_no_frame() -> None:
    assert why(Table(FIN).look("frame", {})) == [("frame", "closed")]
    assert why(Table(RESET).look("frame", {})) == [("frame", "reset")]
    assert why(Table(b"\x81").look("frame", {"within": "10ms"})) == [("frame", "timeout")]


# ping


def test_a_ping_is_answered() -> None:
    table = Table(frame(TEXT, b"before"), frame(PONG, b"another"), answers=True)
    assert table.look("ping", "me") is None
    assert table.said == [("ping", b"me")]
    assert table.look("receive", {}).fact("text") == "before"


def test_a_ping_that_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.steps.websocket.assertions.PONG_WITHIN", 0.01)
    assert why(Table(frame(PONG, b"other")).look("ping", "me")) == [("ping", "timeout")]
    assert why(Table(FIN).look("ping", "me")) == [("ping", "closed")]
    table = Table(RESET)
    table.look("frame", {})
    assert why(table.look("ping", "me")) == [("ping", "reset")]


# closed


def test_a_close_frame_is_echoed() -> None:
    table = Table(frame(TEXT, b"message"), frame(PING, b"p"), GOODBYE, b"more", Arrival(end="fin", at=2.0))
    table.connection.sent_at = 0.5
    seen = table.look("closed", {})
    assert [seen.fact(name) for name in ("how", "code", "reason", "rest", "elapsed")] == [
        "close", 1001, "going", b"more", 1.5,
    ]  # fmt: skip
    assert table.said == [("pong", b"p"), ("close", b"\x03\xe9")]
    assert why(seen) == []


def test_an_echo_of_ones_own_close_is_not_echoed() -> None:
    table = Table(frame(CLOSE, close_payload(1000)), FIN)
    run(on(table.ctx, table.connection, "close", {"code": 1000}, group="websocket"))
    seen = table.look("closed", {})
    assert [seen.fact(name) for name in ("how", "code", "reason", "rest")] == ["close", 1000, "", b""]
    assert table.said == [("close", b"\x03\xe8")]


def test_a_close_frame_without_a_code() -> None:
    seen = Table(frame(CLOSE), RESET).look("closed", {})
    assert (seen.fact("how"), seen.fact("code"), seen.fact("reason")) == ("close", ABSENT, "")


@pytest.mark.parametrize(("end", "how"), [(FIN, "fin"), (RESET, "reset")])
def test_an_end_without_a_close_frame(end: Arrival, how: str) -> None:
    data = frame(TEXT, b"unread") + b"\x81"
    seen = Table(data, end).look("closed", {})
    assert (seen.fact("how"), seen.fact("rest"), seen.fact("code"), why(seen)) == (how, data, ABSENT, [])


def test_nothing_closes() -> None:
    table = Table(frame(TEXT, b"unread"))
    seen = table.look("closed", {"within": "10ms"})
    assert (seen.fact("how"), seen.fact("rest")) == (ABSENT, frame(TEXT, b"unread"))
    assert why(seen) == [("closed", "a connection still open after 10 ms")]
    assert table.look("receive", {}).fact("text") == "unread"


def test_a_close_frame_and_a_connection_that_stays() -> None:
    seen = Table(GOODBYE).look("closed", {"within": "10ms"})
    assert (seen.fact("how"), seen.fact("code"), seen.fact("elapsed")) == ("close", 1001, ABSENT)
    assert why(seen) == [("closed", "a close frame and a connection still open after 10 ms")]


def test_a_close_frame_that_was_looked_at_before() -> None:
    table = Table(GOODBYE, FIN)
    table.look("frame", {})
    seen = table.look("closed", {})
    assert (seen.fact("how"), seen.fact("code")) == ("close", 1001)
    assert table.said == [("close", b"\x03\xe9")]
