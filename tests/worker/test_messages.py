"""Messages between pytest and its worker: one line of JSON each, and the same value on the other side."""

from __future__ import annotations

import json

import pytest

from engine.errors import Defect
from engine.model.verdict import Verdict
from engine.worker.messages import (
    KINDS,
    Allow,
    Begin,
    Compare,
    Comparing,
    End,
    Message,
    Prepare,
    Read,
    Recheck,
    ResultMessage,
    RunLine,
    SessionEnded,
    decode,
    encode,
)
from tests.results.synthetic import result, row

MESSAGES: tuple[Message, ...] = (
    Prepare({"options": {"servers": ["gunicorn"]}, "keep_all": False}, prewarm=True),
    Read("suites/a.yaml", ("00ff",)),
    Begin((("suites/a.yaml::one[200]", "gunicorn-control-auto"), ("suites/a.yaml::two", "x")), times=3, held=True),
    Allow(7),
    End(),
    Recheck(),
    Compare(True, (("suites/a.yaml::two", "x"),)),
    ResultMessage(4, "pass", 0.25, False, '{"kind":"result","reason":"a\\ttab and a \\n"}', ""),
    RunLine({"kind": "recheck", "case": "one"}),
    Comparing(),
    SessionEnded("the run was cancelled\n  in two lines"),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_one_line_and_the_same_on_the_other_side(message: Message) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


def test_every_kind_is_among_these_messages() -> None:
    assert {type(message) for message in MESSAGES} == set(KINDS.values())
    assert [json.loads(encode(message))["kind"] for message in MESSAGES] == list(KINDS)


@pytest.mark.parametrize(
    "line", [b"", b"pass\t1", b"[]", b"{}", b'{"kind":"pickle"}', b'{"kind":"allow"}', b'{"kind":"end","now":true}']
)
def test_a_line_that_is_no_message_is_a_defect(line: bytes) -> None:
    with pytest.raises(Defect, match="cannot be read"):
        decode(line)


def test_a_result_goes_over_with_the_lines_of_the_runs_file() -> None:
    target = row("gunicorn control auto")
    one = result(target, Verdict.FAIL)
    message = decode(encode(ResultMessage.of(3, one, target)))
    assert isinstance(message, ResultMessage)
    assert (message.cell, message.verdict, message.whole.address) == (3, "fail", one.address)
    assert message.row == target
    assert json.loads(message.result)["verdict"] == "fail"
    assert ResultMessage(*message.values) == message
    assert ResultMessage.of(3, one, None).row is None
