"""Bounds of a flood in rounds; tests/steps/stream/test_assertions.py has a flood of bytes against sockets."""

from __future__ import annotations

from engine.channels.scripted import ScriptedChannel
from engine.steps.api.context import Connection
from engine.steps.stream.flooding import WRITE
from engine.steps.websocket.session import WebSocketSession
from tests.steps.context import JobScope, on, run
from tests.steps.reader import mistakes

PING = {"opcode": "ping", "mask": {"hex": "00 00 00 00"}}
SIZE = 6


def flooded(body: dict[str, object], group: str) -> tuple[ScriptedChannel, dict[str, object]]:
    channel = ScriptedChannel()
    seen = run(on(JobScope(), Connection(channel, codec=WebSocketSession()), "flood", body, group))
    return channel, {name: seen.fact(name) for name in ("accepted", "rounds", "ended")}


def test_so_many_rounds() -> None:
    channel, facts = flooded({"of": "abc", "times": 4}, "tcp")
    assert (channel.sent, facts) == ([b"abc"] * 4, {"accepted": 12, "rounds": 4, "ended": "sent"})


def test_the_first_bound_ends_it() -> None:
    assert flooded({"of": "abc", "times": 4, "up_to": "7B"}, "tcp")[1]["accepted"] == 7
    assert flooded({"of": "abc", "times": 2, "up_to": "7B"}, "tcp")[1]["accepted"] == 6


def test_frames_stay_whole_and_go_out_together() -> None:
    channel, facts = flooded({"frames": [PING, PING], "up_to": "13B"}, "websocket")
    assert facts == {"accepted": 4 * SIZE, "rounds": 2, "ended": "sent"}
    assert channel.sent == [b"\x89\x80\x00\x00\x00\x00" * 4]


def test_many_small_frames_are_few_writes() -> None:
    channel, facts = flooded({"frames": [PING], "times": 100_000}, "websocket")
    assert facts["rounds"] == 100_000
    assert len(channel.sent) == -(-100_000 * SIZE // (WRITE // SIZE * SIZE))


def test_bytes_flood_a_websocket_as_well() -> None:
    assert flooded({"of": "abc", "times": 1}, "websocket")[0].sent == [b"abc"]


def test_mistakes() -> None:
    assert "`flood` has no end" in mistakes("flood", {"of": "a"}, "tcp")[0]
    assert "either `frames` or bytes" in mistakes("flood", {"times": 1}, "websocket")[0]
