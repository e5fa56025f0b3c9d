"""Format versions: which records this engine reads, and what it says of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ResultsError
from engine.model.result_event import ResultEvent
from engine.model.verdict import Verdict
from engine.results.record.format import CURRENT, FormatVersion, version_of
from engine.results.record.store import FILE, Run, Store, ends, read
from tests.results import synthetic


def record(folder: Path, **changes: object) -> Run:
    """A run of one result, read back after its header and its result were given some more fields."""
    row = synthetic.row("s f")
    store = Store(folder, "id-1", {"engine": "0.1.0"})
    store.target(row)
    store.take(ResultEvent(0, synthetic.result(row, Verdict.FAIL)))
    store.close("whole")
    header, *lines = map(json.loads, (folder / FILE).read_text().splitlines())
    assert header["format"] == str(CURRENT)
    for line in (header, *lines):
        line["of-a-later-engine"] = [1]
    lines.insert(1, {"kind": "of-a-later-engine", "x": 1})
    text = "".join(json.dumps(line) + "\n" for line in ({**header, **changes}, *lines))
    (folder / FILE).write_text(text)
    return read(folder)


@pytest.mark.parametrize("written", [1, "1.0", "1.7", str(CURRENT), f"{CURRENT.major}.{CURRENT.minor + 1}"])
def test_an_older_major_is_read_and_so_is_a_later_minor(tmp_path: Path, written: object) -> None:
    run = record(tmp_path, format=written)
    assert [one.verdict for one in run.results] == [Verdict.FAIL]
    assert run.whole


def test_a_later_major_is_refused_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ResultsError) as raised:
        record(tmp_path, format=f"{CURRENT.major + 1}.4", engine="9.1")
    assert f"format {CURRENT.major + 1}.4, written by engine 9.1" in str(raised.value)
    assert f"this engine reads formats up to {CURRENT.major}" in str(raised.value)
    assert "read it with the engine that wrote it" in raised.value.hint


@pytest.mark.parametrize("value", [None, 0, -1, True, 1.5, "1", "one", "1.0.0", "1.", "-1.0", ["1.0"], "1.0\n"])
def test_what_is_no_version_is_refused(value: object) -> None:
    with pytest.raises(ResultsError, match="has the format"):
        version_of(value)


def test_versions_are_compared_as_numbers() -> None:
    assert version_of("1.10") > version_of("1.9")
    assert version_of(1) == FormatVersion(1, 0)


def test_the_verdict_that_was_renamed_is_read_everywhere(tmp_path: Path) -> None:
    record(tmp_path)
    path = tmp_path / FILE
    text = path.read_text().replace('"verdict": "fail"', '"verdict": "fixed"').replace('{"fail": 1}', '{"fixed": 1}')
    path.write_text(text)
    assert [one.verdict for one in read(tmp_path).results] == [Verdict.UNEXPECTED_PASS]
    assert ends(tmp_path)[1]["counts"] == {"unexpected-pass": 1}
