"""The lists at the end of a run: bounded, with the command that has them in full."""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import Excuse, JobResult, Verdict
from engine.results.analysis.summary import excused
from engine.results.record.store import Run
from engine.terminal.run_summary import LOG_LINES, MOST, known_failures, not_started, warnings
from tests.results.synthetic import joined, result, row, run

FILE = "specs/x.yaml"


def warning(name: str, reason: str = "expected a Date header, got none") -> JobResult:
    return replace(result(row("s f"), Verdict.WARN, case=f"{FILE}::{name}"), reason=reason)


def known(*names: str, cases: str = "a") -> Run:
    found = joined(*(run(dict.fromkeys(names, Verdict.KNOWN), case=f"{FILE}::{case}") for case in cases))
    excuse = Excuse("expected status 200, got 500", "it is broken", "https://example.org/1")
    return replace(found, results=tuple(replace(one, excuse=excuse) for one in found.results))


def test_a_warning_has_its_case_its_target_and_what_was_observed() -> None:
    assert list(warnings([warning("a[1]"), warning("a[2]")], "last")) == [
        "warnings: 2 cases",
        "  specs/x.yaml::a[2 values] on s-f-asyncio",
        "    values: 1, 2",
        "    expected a Date header, got none",
    ]
    assert list(warnings([], "last")) == []


def test_a_long_list_is_cut_and_names_the_command_that_has_all() -> None:
    rows = list(warnings([warning(f"c{number}") for number in range(MOST + 5)], "engine report last~2"))
    assert rows[0] == f"warnings: {MOST + 5} cases"
    assert len(rows) == 1 + 2 * MOST + 1
    assert rows[-1] == "  5 more cases in `engine report last~2`"


def test_known_failures_by_server_with_reason_and_link() -> None:
    assert list(known_failures(excused(known("s f", "s g", "t f")), "last")) == [
        "known failures: 3 results (1 case)",
        "  s: 2 results (1 case)",
        "    specs/x.yaml::a on 2 targets",
        "      it is broken",
        "      https://example.org/1",
        "  t: 1 case",
        "    specs/x.yaml::a on t-f-asyncio",
        "      it is broken",
        "      https://example.org/1",
    ]
    assert list(known_failures({}, "last")) == []


def test_of_many_servers_the_counts_are_listed() -> None:
    rows = list(known_failures(excused(known("s f", "t f", "u f", "v f", cases="ab")), "last"))
    assert rows[:2] == ["known failures: 8 results (2 cases)", "  s: 2 cases"]
    assert len(rows) == 1 + 4 + 1
    assert rows[-1].startswith("  2 more cases in")


def test_lines_fit_the_terminal_and_are_harmless() -> None:
    long = warning("a", "expected " + "word " * 20 + "\x1b[31m")
    rows = list(warnings([long], "last", 60))
    assert max(map(len, rows)) <= 60
    assert "\x1b" not in "".join(rows)


def test_the_baselines_are_named() -> None:
    (first, *_) = known_failures(excused(known("s f")), "last", files=["specs/known-failures.yaml", "k.yaml"])
    assert first == "known failures: 1 case, listed in specs/known-failures.yaml, k.yaml"


def test_a_target_that_did_not_start_has_its_reason_its_hint_and_the_end_of_its_log() -> None:
    log = "\n".join(f"line {number}\x1b" for number in range(LOG_LINES + 5))
    dead = row("s f", failed="it ended before it was ready", hint="look there", log=log)
    lines = list(not_started([row("s g"), dead]))
    assert lines[:3] == ["", "s-f-asyncio did not start: it ended before it was ready", "  look there"]
    assert len(lines) == 3 + LOG_LINES
    assert lines[-1] == f"  | line {LOG_LINES + 4}\\x1b"
    assert max(map(len, not_started([dead], 30))) <= 30
    assert list(not_started([row("s g")])) == []
