"""The comment about a change."""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import Verdict
from engine.reports.gate import ROWS, address, comment, headline
from engine.results.analysis.comparison import compare, servers
from engine.results.analysis.gate import Decision, decide
from tests.results.analysis.test_gate import FAIL, NEW, OLD, PASS, decided, repeated
from tests.results.synthetic import joined, result, row, run

URLS = {"H1-17": "https://example.org/rfc#17"}


def many(count: int) -> Decision:
    """A decision with so many broken cases."""
    runs = [run({OLD: PASS, NEW: FAIL}, case=f"specs/x.yaml::c{number:02}") for number in range(count)]
    return decide(compare(*servers(joined(*runs), ["s==1"], ["s==2"])), ())


def test_a_broken_case_has_its_clause_its_risk_and_both_verdicts() -> None:
    after = replace(result(row(NEW), FAIL), cite=("H1-17", "H1-18"), risk="smuggling", reason="expected a|b, got `c`")
    text = comment(decided(PASS, after), URLS, "https://example.org/report.html")
    assert text.startswith("### Conformance: 1 case broken\n")
    (line,) = [one for one in text.splitlines() if one.startswith("| broken")]
    assert "[H1-17](https://example.org/rfc#17), H1-18 | smuggling" in line
    assert "[`specs/x.yaml::case`](https://example.org/report.html#/result/" in line
    assert "pass → fail: expected a\\|b, got \\`c\\`" in line
    assert text.count("[All results](https://example.org/report.html)") == 1


def test_without_a_page_there_are_no_links_to_it() -> None:
    text = comment(decided(PASS, FAIL), URLS)
    assert "`specs/x.yaml::case` on `s==2-f-asyncio`" in text
    assert "](" not in text


def test_both_sides_are_named() -> None:
    text = comment(decided(PASS, FAIL), URLS)
    assert "- before: `s==1" in text or "- before: `s 1" in text
    assert "- after: `s" in text


def test_a_comment_has_a_limited_number_of_rows() -> None:
    for count, more in ((ROWS, None), (ROWS + 1, "1 more row is"), (ROWS + 5, "5 more rows are")):
        text = comment(many(count), URLS)
        assert sum(line.startswith("| broken") for line in text.splitlines()) == ROWS
        assert ("more row" in text) == (more is not None)
        assert more is None or more in text
        assert f"{count} cases broken" in text


def test_flaky_results_and_targets_that_do_not_start() -> None:
    text = comment(decided(PASS, FAIL, repeated(OLD, PASS, PASS), repeated(NEW, PASS, FAIL)), URLS)
    assert "| flaky |" in text
    assert "2/2 passed → 1/2 passed" in text
    made = run({OLD: PASS, NEW: PASS}, replace(row(NEW), failed="it ended"))
    text = comment(decide(compare(*servers(made, ["s==1"], ["s==2"])), ()), URLS)
    assert "| does not start | | | `s==2-f-asyncio` | it ended |" in text


def test_headlines() -> None:
    assert headline(decided(PASS, PASS)) == "nothing broken"
    assert headline(decided(FAIL, PASS)) == "nothing broken, 1 case fixed"
    assert headline(decided(PASS, FAIL)) == "1 case broken"
    assert headline(decided(Verdict.UNSUPPORTED, Verdict.UNSUPPORTED)) == "nothing was compared"


def test_the_address_of_a_result_is_that_of_the_page() -> None:
    one = replace(result(row(NEW), FAIL), target="s@x-f", file="specs/a b.yaml", case="c[1]")
    assert address(one) == "#/result/s%2540x-f/specs/a%20b.yaml::c%5B1%5D"
