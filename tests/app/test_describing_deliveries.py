"""`engine show` names the delivery, the client, and the steps that only the engine's own client performs."""

from __future__ import annotations

from dataclasses import replace

from engine.app import step_types
from engine.app.describe.case import about
from engine.app.describe.phrases import Phrases
from engine.app.describe.steps import Steps
from engine.model.case import LIBRARY, whole
from engine.model.delivery import BYTES, PIECES
from engine.terminal.tree import TreeEntry
from tests.execution.fakes import case
from tests.steps.reader import steps


def test_the_delivery_and_the_client() -> None:
    plain = whole(case())
    assert not any("deliver" in phrase for phrase in about(plain))
    assert "delivered in pieces" in about(plain.delivered(PIECES))
    assert {"delivered byte by byte", "plain steps by httpx and websockets"} <= {
        *about(plain.delivered(BYTES, LIBRARY))
    }


def test_a_step_of_the_own_client_says_why() -> None:
    (plain, chunked, frames) = steps(
        {"request": {"path": "/a"}},
        {"request": {"path": "/a", "framing": "chunked"}},
        {"websocket": {"connect": "/ws", "script": [{"frames": [{"opcode": "text"}]}]}},
    )
    described = Steps(step_types.by_name(), Phrases(step_types.operators(), {}), {})
    heads = [described.step(one, "1").words for one in (plain, chunked, frames)]
    assert heads == ["1  request", "1  request", "1  websocket"], "only a run by libraries is about them"
    described = replace(described, library=True)
    heads = [described.step(one, "1").words for one in (plain, chunked, frames)]
    assert heads[0] == "1  request"
    assert heads[1] == "1  request: by the engine's own client only: it sets the framing"
    assert heads[2] == "1  websocket: by the engine's own client only: its script has `frames`"


def test_the_pieces_of_a_drip_are_shown() -> None:
    drip = {"piece": "1B", "every": "5ms", "cut_at": [3]}
    (own, raw) = steps(
        {
            "websocket": {
                "connect": "/ws",
                "script": [{"drip": {"frames": [{"opcode": "text"}], **drip}}],
            }
        },
        {"tcp": {"script": [{"drip": {"bytes": {"text": "GET / HTTP/1.1"}, **drip}}]}},
    )
    described = Steps(step_types.by_name(), Phrases(step_types.operators(), {}), {})
    for one in (own, raw):
        assert any("drip: piece 1 B, every 5 ms, cut at [3]" in line for line in texts(described.step(one, "1")))


def texts(entry: TreeEntry) -> list[str]:
    return [entry.words, *(text for inner in entry.below for text in texts(inner))]
