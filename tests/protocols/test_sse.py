from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.sse import EventStream, ServerSentEvent, events

STREAM = (
    "\ufeff: a comment\n"
    "event: first\ndata: one\ndata: two\n\n"
    "id: 7\r\ndata\r\n\r\n"
    "data:no space\rretry: 10\r\r"
    "event: empty\n\n"
    'data: {"a": [1]}\n\n'
    "data: never dispatched\n"
).encode()

EXPECTED = [
    ServerSentEvent("first", "one\ntwo", ""),
    ServerSentEvent("message", "", "7"),
    ServerSentEvent("message", "no space", "7"),
    ServerSentEvent("message", '{"a": [1]}', "7"),
]


def test_a_stream_fed_whole_byte_by_byte_and_with_trailing_data() -> None:
    assert events(STREAM) == EXPECTED
    stream = EventStream()
    slow = [event for at in range(len(STREAM)) for event in stream.feed(STREAM[at : at + 1])]
    assert slow == EXPECTED
    assert stream.feed(b"\n") == [ServerSentEvent("message", "never dispatched", "7")]


def test_an_event_as_a_fact() -> None:
    assert EXPECTED[3].as_fact() == {"event": "message", "data": '{"a": [1]}', "id": "7", "json": {"a": [1]}}
    assert "json" not in EXPECTED[0].as_fact()


def test_an_id_with_a_null_is_ignored() -> None:
    assert events(b"id: a\ndata: x\n\nid: b\0\ndata: y\n\n")[1].id == "a"


def test_a_last_cr_ends_its_line() -> None:
    assert events(b"data: x\r\r") == [ServerSentEvent("message", "x")]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1), st.data())
def test_data_comes_back_however_it_is_cut(lines: list[str], data: st.DataObject) -> None:
    body = b"".join(b"data: %s\n" % line.encode() for line in lines) + b"\n"
    cut = data.draw(st.integers(0, len(body)))
    stream = EventStream()
    found = stream.feed(body[:cut]) + stream.feed(body[cut:])
    assert found == [ServerSentEvent("message", "\n".join(lines))]
