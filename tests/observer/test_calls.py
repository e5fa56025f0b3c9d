from __future__ import annotations

from typing import Any

import pytest

from engine.model.boundary import Event, Outcome
from engine.observer import calls as fold
from engine.observer.calls import CallBuilder

CALL = {
    "k": "call", "t": 1.0, "n": 1, "c": 0, "token": "j1.1", "job": "j1", "peer": ["127.0.0.1", 5],
    "loop": "uvloop.Loop",
    "scope": {"type": "http", "raw_path": {"$b": "/"}},
}  # fmt: skip


def builder(*records: dict[str, Any], **changes: Any) -> CallBuilder:
    made = CallBuilder("7.0.0", 7, {**CALL, **changes})
    for number, record in enumerate(records, 2):
        made.take({"t": float(number), "n": number, "c": 0, **record})
    return made


def test_a_call_that_has_begun() -> None:
    call = builder().call
    assert (call.key, call.token, call.peer, call.pid) == ("7.0.0", "j1.1", ("127.0.0.1", 5), 7)
    assert (call.loop, call.started, call.type) == ("uvloop.Loop", 1.0, "http")
    assert call.scope == {"type": "http", "raw_path": b"/"}
    assert (call.events, call.ended, call.returned, call.raised) == ((), None, None, None)


def test_messages_both_ways() -> None:
    call = builder(
        {"k": "received", "message": {"type": "a", "body": {"$b": "x"}}},
        {"k": "send", "message": {"type": "b"}},
        {"k": "sent", "of": 3, "raised": ""},
        {"k": "send", "message": {"type": "c"}},
    ).call
    assert call.events == (
        Event("received", 2.0, {"type": "a", "body": b"x"}),
        Event("sent", 3.0, {"type": "b"}, done=4.0),
        Event("sent", 5.0, {"type": "c"}),
    )


def test_sends_that_overlap_end_each_on_their_own() -> None:
    call = builder(
        {"k": "send", "message": {"type": "a"}},
        {"k": "send", "message": {"type": "b"}},
        {"k": "sent", "of": 3, "raised": "OSError"},
        {"k": "sent", "of": 2, "raised": ""},
    ).call
    assert [(event.done, event.raised) for event in call.events] == [(5.0, ""), (4.0, "OSError")]


def test_the_end_of_a_call() -> None:
    call = builder({"k": "end", "returned": True}).call
    assert (call.ended, call.returned, call.raised, call.message) == (2.0, True, None, "")
    digest = "ab" * 32
    call = builder(
        {"k": "end", "returned": False, "raised": "ValueError", "message": "no", "scope_after": {"type": {"$t": [1]}},
         "received_total": [5, digest], "sent_total": [6, digest]},
    ).call  # fmt: skip
    assert (call.returned, call.raised, call.message) == (False, "ValueError", "no")
    assert call.scope_after == {"type": (1,)}
    assert (call.received_total, call.sent_total) == ((5, digest), (6, digest))


def test_outcomes_marks_and_notes() -> None:
    call = builder(
        {"k": "outcome", "as": "a", "ok": True, "elapsed": 0.5},
        {"k": "outcome", "as": "a", "ok": False, "elapsed": 0.25, "raised": "A", "bases": ["A", "B"], "count": 3,
         "event": {"type": "x"}, "value": {"$b": "v"}},
        {"k": "mark", "name": "m"},
        {"k": "note", "text": "n"},
        {"k": "received_failed", "raised": "OSError"},
        {"k": "received_failed", "raised": "CancelledError"},
    ).call  # fmt: skip
    assert call.outcomes == {"a": Outcome(3.0, False, 0.25, "A", ("A", "B"), {"type": "x"}, 3, b"v")}
    assert call.marks == (("m", 4.0),)
    assert call.notes == ("n", "receive() raised OSError")


def test_asking_again_gives_the_same_call_until_something_is_new() -> None:
    built = builder({"k": "send", "message": {"type": "a"}})
    first = built.call
    assert built.call is first
    built.take({"k": "sent", "t": 9.0, "n": 9, "of": 2, "raised": ""})
    assert first.events[0].done is None
    assert built.call.events[0].done == 9.0
    built.take({"k": "end", "t": 10.0, "n": 10, "returned": True})
    assert built.call.ended == 10.0
    assert built.call.events[0].done == 9.0


@pytest.mark.parametrize(
    "record",
    [
        {"k": "sent", "of": 99, "raised": ""},
        {"k": "send"},
        {"k": "send", "message": {"$b": 7}},
        {"k": "end"},
        {"k": "outcome", "as": "a"},
        {"k": "unheard-of"},
        {"k": "end", "returned": True, "sent_total": 7},
    ],
)
def test_a_record_that_cannot_be_used_becomes_a_note(record: dict[str, Any]) -> None:
    call = builder(record, {"k": "mark", "name": "after"}).call
    assert (len(call.notes), call.lost) == (1, 1)
    assert call.marks == (("after", 3.0),)


def test_a_scope_that_cannot_be_used_is_empty() -> None:
    call = builder(scope={"$b": 7}).call
    assert (call.scope, call.lost) == ({}, 1)
    assert "the scope cannot be used" in call.notes[0]


@pytest.mark.parametrize(
    ("scope", "kind", "type_"),
    [
        ({"$o": "Scope", "repr": "", "value": {"type": "http"}}, "Scope", "http"),
        ({"$o": "Scope", "repr": ""}, "Scope", ""),
        ([1], "list", ""),
        ({"type": 7}, "dict", ""),
    ],
)
def test_scopes_of_other_classes(scope: Any, kind: str, type_: str) -> None:
    built = builder(scope=scope)
    assert (built.call.scope_class, built.type) == (kind, type_)


def test_messages_without_end_are_bounded_and_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "MOST", 3)
    made = builder()
    received = {"k": "received", "t": 2.0, "c": 0, "message": {"type": "a"}}
    assert [made.take({**received, "n": number}) for number in range(2, 7)] == [True, True, True, False, False]
    assert made.take({"k": "end", "t": 9.0, "n": 9, "c": 0, "returned": True, "raised": "", "message": ""})
    assert len(made.call.events) == 3
    assert made.call.ended == 9.0
