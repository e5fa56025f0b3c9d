"""Durations of earlier runs: what is expected by them, and a file that may hold anything."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import durations
from engine.app.durations import ELSEWHERE, FADES, LONG, Durations, merged, read, write
from engine.execution.job import Job
from engine.model.target import Target
from tests.execution.fakes import TARGET, case, job

OTHER = Target("server", "other", "asyncio")


def one(name: str, target: Target = TARGET) -> Job:
    return replace(job(case(id=name)), target=target)


def guess(one: Job) -> float:
    return 7.5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / durations.FILE


def run(path: Path, *took: tuple[Job, float]) -> Durations:
    """The durations that the run after one with these sees."""
    first = Durations(path, guess)
    for each, seconds in took:
        first.take(each, seconds)
    first.keep()
    return Durations(path, guess)


def test_a_case_that_was_never_measured_is_guessed(path: Path) -> None:
    assert Durations(path, guess).expected(one("new")) == 7.5


def test_a_case_is_expected_to_take_what_it_took(path: Path) -> None:
    assert run(path, (one("slow"), 25.0)).expected(one("slow")) == 25.0


def test_a_short_case_is_known_to_be_short(path: Path) -> None:
    after = run(path, (one("short"), LONG / 2))
    assert after.expected(one("short")) == 0.0
    assert after.expected(one("short", OTHER)) == 0.0


def test_what_took_long_elsewhere_may_do_so_here(path: Path) -> None:
    after = run(path, (one("slow"), 25.0), (one("slow", OTHER), 0.3))
    assert after.expected(one("slow", OTHER)) == 25.0 * ELSEWHERE
    assert after.expected(one("slow", Target("server", "third", "uvloop"))) == 25.0 * ELSEWHERE


def test_the_longest_of_several_repeats_counts(path: Path) -> None:
    assert run(path, (one("slow"), 3.0), (one("slow"), 25.0), (one("slow"), 2.0)).expected(one("slow")) == 25.0


def test_a_wait_by_chance_fades_in_the_runs_after_it(path: Path) -> None:
    run(path, (one("slow"), 25.0))
    after = run(path, (one("slow"), 0.01))
    assert after.expected(one("slow")) == 25.0 * FADES
    for _ in range(60):
        after = run(path, (one("slow"), 0.01))
    assert after.expected(one("slow")) == 0.0


def test_other_cases_and_targets_stay(path: Path) -> None:
    run(path, (one("a"), 1.0), (one("b", OTHER), 2.0))
    after = run(path, (one("a", OTHER), 3.0))
    assert [after.expected(one("a")), after.expected(one("a", OTHER)), after.expected(one("b", OTHER))] == [
        1.5,
        3.0,
        2.0,
    ]


def test_a_run_that_measured_nothing_writes_nothing(path: Path) -> None:
    run(path)
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", '{"format":2,"seconds":{"a":{"t":1}}}', '{"format":1}', '{"format":1,"seconds":[]}',
        '{"format":1,"seconds":{"a":[1]}}', "\0" * 100, "[" * 100_000, '{"format":1,"seconds":{"a":',
    ],
)  # fmt: skip
def test_a_file_that_holds_something_else_counts_as_empty_and_is_replaced(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    assert read(path) == {}
    assert run(path, (one("slow"), 25.0)).expected(one("slow")) == 25.0


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity", "true", '"1"', "null", "[]", "1" * 400, "1e300"])
def test_seconds_that_are_none_are_left_out(path: Path, value: str) -> None:
    path.parent.mkdir()
    path.write_text(f'{{"format":1,"seconds":{{"a":{{"bad":{value},"good":2}}}}}}')
    assert read(path) == {"a": {"good": 2.0}}


def test_a_file_that_is_no_text_counts_as_empty(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"format":1,"seconds":{"\xff":{}}}')
    assert read(path) == {}


def test_a_huge_file_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format":1,"seconds":{"a":{"t":1}}}' + " " * durations.MOST_BYTES)
    assert read(path) == {}


def test_a_cache_that_is_no_folder_is_left(path: Path) -> None:
    path.parent.write_text("a file")
    assert run(path, (one("slow"), 25.0)).expected(one("slow")) == 7.5


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "inside").touch()
    run(path, (one("slow"), 25.0))
    assert [each.name for each in path.parent.iterdir()] == [durations.FILE]


def test_the_oldest_of_too_many_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "MOST", 6)
    known = {"a": {"t": 1.0, "u": 1.0}, "b": {"t": 1.0}, "c": {"t": 1.0}}
    assert merged(known, {"b": {"t": 2.0}}) == {"c": {"t": 1.0}, "b": {"t": 2.0}}
    assert list(merged(known, {"b": {"t": 2.0}})) == ["c", "b"]


def test_as_much_as_is_kept_can_be_read_again(path: Path) -> None:
    whole = merged({}, {f"specs/{'folder/' * 8}{n}.yaml::case[value]": {"t" * 60: 1.5} for n in range(durations.MOST)})
    write(path, whole)
    assert len(whole) == durations.MOST // 2
    assert read(path) == whole


def keep_many(path: Path, number: int) -> None:
    for turn in range(30):
        mine = Durations(path, guess)
        mine.take(one(f"{number}-{turn}"), 1.0)
        mine.keep()


def test_runs_that_end_together_leave_a_whole_file(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    runs = [context.Process(target=keep_many, args=(path, number)) for number in range(4)]
    for each in runs:
        each.start()
    while any(each.is_alive() for each in runs):
        if path.exists():
            assert json.loads(path.read_text())["format"] == 1
    assert [each.exitcode for each in runs] == [0] * 4
    assert [each.name for each in path.parent.iterdir()] == [durations.FILE]
    assert read(path)


def test_a_run_that_changes_nothing_leaves_the_file(path: Path) -> None:
    run(path, (one("plain"), 0.01))
    before = path.stat()
    run(path, (one("plain"), 0.02))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_another_run_has_written_meanwhile_stays(path: Path) -> None:
    first = Durations(path, guess)
    first.take(one("here"), 2.0)
    run(path, (one("there"), 3.0))
    first.keep()
    assert set(read(path)) == {one("here").case.address, one("there").case.address}
