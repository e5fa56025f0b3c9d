from __future__ import annotations

import pytest

from engine.channels.scripted import ScriptedChannel
from engine.errors import EngineError
from engine.protocols.websocket import Frame, FrameReader
from engine.steps.api.context import Connection
from engine.steps.websocket.session import WebSocketSession
from tests.steps.context import JobScope, on, run
from tests.steps.reader import mistakes


def sent(name: str, body: object) -> tuple[list[Frame], Connection, list[bytes]]:
    """The frames that an action sends, and the writes in which it does."""
    channel = ScriptedChannel()
    connection = Connection(channel, codec=WebSocketSession())
    ctx = JobScope(variables={"op": 11, "data": b"\x00\xff", "name": "ann", "yes": True, "code": 4000})
    run(on(ctx, connection, name, body, group="websocket"))
    reader, frames = FrameReader(), []
    reader.feed(b"".join(channel.sent))
    while (found := reader.next()) is not None:
        frames.append(found[0])
    return frames, connection, channel.sent


@pytest.mark.parametrize(
    ("body", "name", "payload"),
    [
        ({"text": "hé $(name)"}, "text", "hé ann".encode()),
        ({"binary": {"var": "data"}}, "binary", b"\x00\xff"),
        ({"json": {"a": [1, None, "$(name)"]}}, "text", b'{"a": [1, null, "ann"]}'),
        ({"json": "ü"}, "text", '"ü"'.encode()),
        ({"json": {"var": "yes"}}, "text", b"true"),
    ],
)
def test_send(body: object, name: str, payload: bytes) -> None:
    (frame,), connection, _ = sent("send", body)
    assert (frame.name, frame.payload, frame.masked, frame.fin) == (name, payload, True, True)
    assert connection.sent == payload


def test_frames_go_out_in_one_write() -> None:
    frames, connection, writes = sent(
        "frames",
        [
            {"opcode": "text", "payload": "one", "fin": False},
            {"opcode": "ping", "payload": "p"},
            {"opcode": "continuation", "payload": "two"},
        ],
    )
    assert len(writes) == 1
    assert [(frame.name, frame.payload, frame.fin) for frame in frames] == [
        ("text", b"one", False), ("ping", b"p", True), ("continuation", b"two", True),
    ]  # fmt: skip
    assert connection.sent == b"onetwo"


def test_frames_that_break_rules() -> None:
    frames, _, _ = sent(
        "frames",
        [
            {"opcode": {"var": "op"}, "rsv1": {"var": "yes"}, "rsv2": True, "rsv3": True, "mask": False},
            {"opcode": 3, "payload": "x", "length_as": 64},
        ],
    )
    assert [frame.opcode for frame in frames] == [11, 3]
    assert (frames[0].rsv1, frames[0].rsv2, frames[0].rsv3, frames[0].masked) == (True, True, True, False)
    assert frames[1].length_as == 64


def test_a_length_that_is_only_claimed() -> None:
    _, _, (data,) = sent("frames", [{"opcode": "binary", "length_as": 64, "claim_length": "1TiB", "mask": False}])
    assert data == b"\x82\x7f" + (2**40).to_bytes(8, "big")


def test_a_close_among_frames() -> None:
    frames, connection, _ = sent("frames", [{"opcode": "close", "code": {"var": "code"}, "payload": "why"}])
    assert (frames[0].code, frames[0].reason) == (4000, "why")
    assert isinstance(connection.codec, WebSocketSession)
    assert connection.codec.close_sent


@pytest.mark.parametrize(
    ("body", "payload"),
    [({}, b""), ({"code": 1000}, b"\x03\xe8"), ({"code": {"var": "code"}, "reason": "bye"}, b"\x0f\xa0bye")],
)
def test_close(body: object, payload: bytes) -> None:
    (frame,), connection, _ = sent("close", body)
    assert (frame.name, frame.payload) == ("close", payload)
    assert isinstance(connection.codec, WebSocketSession)
    assert connection.codec.close_sent


def test_a_value_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="whole number"):
        sent("frames", [{"opcode": {"var": "name"}}])


def test_mistakes() -> None:
    assert "no opcode 'txt'" in mistakes("frames", [{"opcode": "txt"}], "websocket")[0]
    assert "no reason without a code" in mistakes("close", {"reason": "x"}, "websocket")[0]


def test_a_connection_without_a_websocket() -> None:
    with pytest.raises(EngineError, match="no open WebSocket"):
        run(on(JobScope(), Connection(ScriptedChannel()), "send", {"text": "x"}, group="websocket"))


HELLO = b"hello"
UNMASKED = {"hex": "00 00 00 00"}


def test_a_part_of_a_frame_and_the_rest_later() -> None:
    channel = ScriptedChannel()
    connection = Connection(channel, codec=WebSocketSession())
    ctx = JobScope()
    run(
        on(
            ctx,
            connection,
            "frames",
            [{"opcode": "text", "payload": "hello", "mask": UNMASKED, "stop_at": 8}],
            "websocket",
        )
    )
    assert channel.sent == [b"\x81\x85\x00\x00\x00\x00he"]
    run(on(ctx, connection, "rest", {"size": "1B"}, "websocket"))
    run(on(ctx, connection, "rest", {}, "websocket"))
    assert channel.sent[1:] == [b"l", b"lo"]
    assert connection.sent == HELLO
    with pytest.raises(ValueError, match="no part of a frame is held back"):
        run(on(ctx, connection, "rest", {}, "websocket"))


def test_too_much_of_the_rest() -> None:
    channel = ScriptedChannel()
    connection = Connection(channel, codec=WebSocketSession())
    ctx = JobScope()
    run(
        on(
            ctx,
            connection,
            "frames",
            [{"opcode": "text", "payload": "hello", "mask": UNMASKED, "stop_at": -2}],
            "websocket",
        )
    )
    assert channel.sent == [b"\x81\x85\x00\x00\x00\x00hel"]
    with pytest.raises(ValueError, match="cannot send 3 bytes: 2 bytes of a frame are held back"):
        run(on(ctx, connection, "rest", {"size": "3B"}, "websocket"))


def test_frames_are_dripped() -> None:
    frames = [{"opcode": "text", "payload": "hi", "mask": UNMASKED}, {"opcode": "close", "code": 1000}]
    sent_frames, connection, writes = sent("drip", {"frames": frames, "cut_at": [1, 7], "every": "1ms"})
    assert [len(one) for one in writes] == [1, 6, 9]
    assert [frame.name for frame in sent_frames] == ["text", "close"]
    assert connection.sent == b"hi"
    assert isinstance(connection.codec, WebSocketSession)
    assert connection.codec.close_sent


def test_bytes_are_dripped_on_a_websocket_as_well() -> None:
    _, connection, writes = sent("drip", {"bytes": "abc", "every": "1ms"})
    assert writes == [b"a", b"b", b"c"]
    assert connection.sent == b"abc"


def test_mistakes_of_frames() -> None:
    assert "only the last frame" in mistakes("frames", [{"opcode": 1, "stop_at": 1}, {"opcode": 1}], "websocket")[0]
    assert "either `bytes` or `frames`" in mistakes("drip", {}, "websocket")[0]
    assert "has the payloads" in mistakes("frames", [{"opcode": 1, "fragments": ["a"], "payload": "a"}], "websocket")[0]
    assert "no fragments" in mistakes("frames", [{"opcode": 8, "code": 1000, "piece": "1B"}], "websocket")[0]


@pytest.mark.parametrize(
    ("action", "body", "what"),
    [
        ("frames", [{"opcode": 16}], "opcode is 16, and should be at most 15"),
        ("frames", [{"opcode": "text", "mask": {"hex": "01 02"}}], "mask is a key of 2 bytes, and should be true"),
        ("frames", [{"opcode": "text", "payload": "a", "stop_at": 300}], "stop_at is 300, which is not inside a frame"),
        ("frames", [{"opcode": "text", "payload": "a", "stop_at": -300}], "stop_at is -300, which is not inside"),
        ("frames", [{"opcode": "text", "payload": "a", "length_as": 8}], "written in 7, 16 or 64 bits, not 8"),
        ("frames", [{"opcode": 1, "claim_length": "126B", "length_as": 7}], "a length of 126 does not fit into 7 bits"),
        ("frames", [{"opcode": "text", "payload": "ab", "cut_at": [0]}], "an offset of 0 is not inside these 2 bytes"),
        ("frames", [{"opcode": "text", "payload": "ab", "cut_at": [2]}], "an offset of 2 is not inside these 2 bytes"),
        ("frames", [{"opcode": "text", "payload": "ab", "piece": "0B"}], "`piece` is more than 0"),
        ("frames", [{"opcode": "text", "code": 1000}], "`code` stands in a close frame"),
        ("rest", {"size": "0B"}, "`size` is more than 0"),
        ("drip", {"frames": [{"opcode": 1, "stop_at": 1}]}, "a frame of `drip` cannot stop"),
        ("drip", {"frames": [{"opcode": 1}], "piece": "0B"}, "`piece` is more than 0"),
        ("drip", {"frames": [{"opcode": 1}], "cut_at": [0]}, "an offset of 0 is not inside these 6 bytes"),
        ("drip", {"frames": [{"opcode": 1}], "cut_at": [5, 6]}, "an offset of 6 is not inside these 6 bytes"),
        ("drip", {"bytes": "abc", "cut_at": [1, 3]}, "an offset of 3 is not inside these 3 bytes"),
        ("flood", {"frames": [{"opcode": 1, "stop_at": 1}], "times": 3}, "a frame of `flood` cannot stop"),
        ("flood", {"frames": [{"opcode": 1}], "times": 0}, "`times` is more than 0"),
        ("flood", {"of": "x", "up_to": "0B"}, "`up_to` is more than 0"),
        ("flood", {"of": "x", "up_to": "9B", "blocked_for": "0s"}, "`blocked_for` is more than 0"),
    ],
)
def test_a_value_that_can_never_work_is_a_mistake(action: str, body: object, what: str) -> None:
    (found,) = mistakes(action, body, "websocket")
    assert what in found


@pytest.mark.parametrize(
    "frame",
    [
        {"opcode": {"var": "x"}, "mask": {"var": "x"}, "stop_at": {"var": "x"}},
        {"opcode": "$(x)", "code": 1000},
        {"opcode": 8, "code": 1000, "payload": "why"},
        {"opcode": "text", "payload": "$(x)", "stop_at": 300, "cut_at": [9]},
    ],
)
def test_what_only_the_run_knows_is_no_mistake(frame: object) -> None:
    assert mistakes("frames", [frame], "websocket") == []
