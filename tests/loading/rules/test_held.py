from __future__ import annotations

import pytest

from tests.loading.rules.test_rules import real_codes

OPEN = "websocket: {connect: /ws/echo, as: one, connection: c, script: ["
GO_ON = "websocket: {connection: c, script: ["
STOP = "{frames: [{opcode: text, payload: abc, stop_at: 1}]}"
END = "]}"


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        (f"[{{{OPEN}{STOP}, {{rest: {{}}}}{END}}}]", 0),
        (f"[{{{OPEN}{STOP}, {{rest: {{size: 1B}}}}, {{rest: {{}}}}{END}}}]", 0),
        (f"[{{{OPEN}{STOP}{END}}}, {{{GO_ON}{{rest: {{}}}}{END}}}]", 0),
        (f"[{{{OPEN}{{rest: {{}}}}{END}}}]", 1),
        (f"[{{{OPEN}{STOP}, {{rest: {{}}}}, {{rest: {{}}}}{END}}}]", 1),
        (f"[{{{OPEN}{STOP}, {{frames: [{{opcode: ping}}]}}, {{rest: {{}}}}{END}}}]", 1),
        (f"[{{{OPEN}{{send: {{text: a}}}}{END}}}, {{{GO_ON}{{rest: {{}}}}{END}}}]", 1),
    ],
)
def test_a_rest_of_nothing(steps: str, wrong: int) -> None:
    assert real_codes(steps).count("nothing-held") == wrong
