"""The decision about a change in a terminal."""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import Verdict
from engine.results.analysis.comparison import compare, servers
from engine.results.analysis.gate import decide
from engine.terminal.gate import lines
from tests.results.analysis.test_gate import FAIL, NEW, OLD, PASS, decided, repeated
from tests.results.synthetic import row, run


def test_what_is_broken_is_listed_with_its_reason() -> None:
    text = "\n".join(lines(decided(PASS, FAIL)))
    assert "broken: 1 case" in text
    assert "specs/x.yaml::case" in text
    assert "pass -> fail: expected status 200, got 500" in text
    assert text.splitlines()[-1] == "1 case broken: 1 result compared"


def test_flaky_results_are_named_with_their_counts() -> None:
    text = "\n".join(lines(decided(PASS, FAIL, repeated(OLD, PASS, PASS), repeated(NEW, FAIL, PASS))))
    assert "flaky, not counted: 1 result" in text
    assert "passed 2/2 -> 1/2" in text
    assert text.splitlines()[-1] == "nothing is broken: 1 result compared"


def test_the_last_line_says_why_a_gate_fails() -> None:
    assert list(lines(decided(PASS, PASS)))[-1] == "nothing is broken: 1 result compared"
    assert list(lines(decided(Verdict.BLOCKED, Verdict.BLOCKED)))[-1] == "nothing could be compared: 1 result compared"
    made = run({OLD: PASS, NEW: PASS}, replace(row(NEW), failed="it \x1b[31mended"))
    text = "\n".join(lines(decide(compare(*servers(made, ["s==1"], ["s==2"])), ())))
    assert "no longer starts: it " in text
    assert "\x1b" not in text
    assert text.splitlines()[-1] == "1 target no longer started: 0 results compared"
