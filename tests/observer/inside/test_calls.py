"""The common part of recorded calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.observer import calls as fold
from engine.observer.inside import calls
from engine.observer.inside.calls import RecordedCall
from engine.observer.inside.records import Writer
from tests.observer.inside.test_records import lines


def test_messages_without_end_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """receive() of a faulty server has a message at once, each time; the end of the call is recorded all the same."""
    monkeypatch.setattr(calls, "ENOUGH", 3)
    call = RecordedCall(1, Writer(tmp_path), {}, token="", peer="null")
    numbers = [call.record("received", f',"number":{number}') for number in range(10)]
    assert [number > 0 for number in numbers] == [True] * 3 + [False] * 7
    call.mark("here")
    call.end(None)
    records = lines(tmp_path)
    assert [one["k"] for one in records] == [
        "worker", "call", "received", "received", "received", "note", "mark", "end"
    ]  # fmt: skip
    (note,) = [one for one in records if one["k"] == "note"]
    assert (note["lost"], note["text"]) == (7, "evidence lost: 7 records, a call has more than 3 messages")


def test_the_engine_notices_that_messages_are_missing() -> None:
    """It keeps fewer than are recorded, and of the same kinds."""
    assert calls.ENOUGH > fold.MOST
    assert calls.MESSAGES == fold.MESSAGES
