"""The printed cause of a failure."""

from __future__ import annotations

from dataclasses import replace

from engine.model.expectation import Mismatch
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.attribution import Attribution, attribute
from engine.results.analysis.findings import attributions, failing, findings, shares
from engine.terminal.blame import heading, lines, whole
from engine.terminal.failure import text
from tests.results.synthetic import CASE, joined, result, row, run

PASS, FAIL = Verdict.PASS, Verdict.FAIL
OTHER = "specs/x.yaml::other"

# The server fails `case` on everything, a framework fails `other` alone.
RUN = joined(
    run({"s f": FAIL, "s control": FAIL, "s g": PASS, "reference control": PASS, "reference f": PASS}),
    run({"s f": FAIL, "s control": PASS, "s g": PASS, "reference control": PASS, "reference f": FAIL}, case=OTHER),
)
FOUND = findings(RUN, failing(), attributions(RUN))

TEXT = """\
failing: 4 results (2 cases)
  server s            2 results (1 case)
  app or framework f  2 results (1 case)

server s
  it fails without any framework [reference-control-asyncio: pass]
    fail     specs/x.yaml::case on 2 targets (s-control-asyncio, ...): expected status 200, got 500

app or framework f
  the bare app passes it on this server, and the framework fails it on reference too \
[s-control-asyncio: pass; reference-f-asyncio: fail (status)]
    fail     specs/x.yaml::other on 2 targets (s-f-asyncio, ...): expected status 200, got 500"""


def test_what_is_red_under_whose_fault_it_is() -> None:
    assert "\n".join(lines(FOUND)) == TEXT


def test_the_control_speaks_for_a_finding() -> None:
    assert [(one.fault, one.culprit, one.first.target, len(one.cells)) for one in FOUND] == [
        ("server", "s", "s-control-asyncio", 2),
        ("framework", "f", "s-f-asyncio", 2),
    ]
    assert [(one.cases, one.cells) for one in shares(FOUND)] == [(1, 2), (1, 2)]


def test_each_cause_has_its_own_cases_below_it() -> None:
    two = joined(
        run({"s control": FAIL, "t control": PASS}), run({"s control": FAIL, "reference control": PASS}, case=OTHER)
    )
    assert [line.split(":")[0].strip() for line in lines(findings(two, failing(), attributions(two)))][3:] == [
        "it fails without any framework [t-control-asyncio",
        "fail     specs/x.yaml",
        "it fails without any framework [reference-control-asyncio",
        "fail     specs/x.yaml",
    ]


def test_findings_stand_in_the_order_of_the_rules_and_by_culprit() -> None:
    turned = replace(RUN, results=tuple(reversed(RUN.results)))
    assert [one.culprit for one in findings(turned, failing(), attributions(turned))] == ["s", "f"]
    two = run({"t control": FAIL, "s control": FAIL, "u control": PASS})
    assert [one.culprit for one in findings(two, failing(), attributions(two))] == ["s", "t"]


def test_one_cell_is_named_as_a_test_is_and_what_is_open_says_what_would_settle_it() -> None:
    alone = run({"s f": FAIL})
    rows = list(lines(findings(alone, failing(), attributions(alone))))
    assert rows == [
        "failing: 1 case",
        "",
        "unknown",
        "  the bare app did not run on s",
        "  to find out, run: engine grid specs/x.yaml --server reference --server s --framework control "
        "--framework f --loop asyncio",
        "    fail     specs/x.yaml::case[s-f-asyncio]: expected status 200, got 500",
    ]


def test_cases_of_one_cause_stand_under_it() -> None:
    both = joined(run({"s control": FAIL, "t control": PASS}), run({"s control": FAIL, "t control": PASS}, case=OTHER))
    long = replace(both, results=tuple(replace(one, reason="x" * 500) for one in both.results))
    rows = list(lines(findings(long, failing(), attributions(long))))
    assert rows[3] == "  it fails without any framework [t-control-asyncio: pass]"
    assert [line[:37] for line in rows[4:]] == [
        "    fail     specs/x.yaml::case[s-con",
        "    fail     specs/x.yaml::other[s-co",
    ]
    assert all(len(line) < 220 for line in rows)


def test_the_title_of_a_case_stands_in_its_line() -> None:
    titled = replace(RUN, results=tuple(replace(one, title="A case") for one in RUN.results))
    rows = list(lines(findings(titled, failing(), attributions(titled))))
    assert rows[6] == (
        "    fail     specs/x.yaml::case on 2 targets (s-control-asyncio, ...) (A case): expected status 200, got 500"
    )


def test_the_clauses_and_their_risk_stand_behind_the_title() -> None:
    cited = [replace(one, title="A case", cite=("A-1", "A-2"), risk="dos") for one in RUN.results]
    whole_run = replace(RUN, results=tuple(cited))
    rows = list(lines(findings(whole_run, failing(), attributions(whole_run))))
    assert "(A case; A-1, A-2: dos): expected status 200" in rows[6]


def test_a_server_that_nobody_is_compared_with_is_not_blamed() -> None:
    alone = run({"s control": FAIL})
    rows = list(lines(findings(alone, failing(), attributions(alone))))
    assert rows[2:4] == [
        "unknown: server or case",
        "  it fails without any framework; no target passes it, so the case itself may be wrong",
    ]


def test_fixed_is_nobody_s_fault() -> None:
    fixed = run({"s f": Verdict.UNEXPECTED_PASS})
    (one,) = findings(fixed, failing(), attributions(fixed))
    assert (one.attribution, one.fault) == (None, "nobody")
    assert "unexpected pass, listed as known" in "\n".join(lines([one]))


def test_what_did_not_start_is_no_finding() -> None:
    failed = row("s f", failed="no module")
    one = run({"s f": Verdict.ERROR}, failed)
    assert findings(one, failing(), attributions(one)) == ()


def test_what_counts_as_red() -> None:
    cells = {
        "a f": FAIL,
        "b f": Verdict.WARN,
        "c f": Verdict.FLAKY,
        "d f": Verdict.KNOWN,
        "e f": Verdict.UNEXPECTED_PASS,
    }
    one = run(cells)

    def picked(strict: bool = False, flaky_fails: bool = False) -> str:
        wanted = failing(strict=strict, flaky_fails=flaky_fails)
        return "".join(result.target[0] for result in one.results if wanted(result))

    assert picked() == "ae"
    assert picked(flaky_fails=True) == "ace"
    assert picked(strict=True) == "abce"


def of(target: str) -> Attribution:
    return attribute(RUN.results, RUN.targets)[CASE, target]


def test_a_failure_ends_with_whose_fault_it_is() -> None:
    failed = result(row("s f"), FAIL)
    rows = text(failed, lambda file: "", attribution=of("s-f-asyncio"))
    assert rows.endswith(
        "cause: server s\n"
        "  the bare app fails it on this server too\n"
        "  compared with: s-control-asyncio: fail (status)\n"
        "                 reference-control-asyncio: pass"
    )
    assert "cause" not in text(failed, lambda file: "")


def test_a_run_that_is_not_over_says_so() -> None:
    assert next(whole(of("s-f-asyncio"), so_far=True)) == "cause so far: server s"
    alone = run({"s f": FAIL})
    unknown = attribute(alone.results, alone.targets)[CASE, "s-f-asyncio"]
    assert list(whole(unknown, so_far=True)) == ["cause: not known yet (the bare app did not run on s)"]
    assert list(whole(unknown))[-1].startswith("  to find out, run: engine grid specs/x.yaml --server reference")


def test_headings() -> None:
    cells = {"reference control": FAIL, "s f": FAIL}
    one = run(cells)
    assert heading(attribute(one.results, one.targets)[CASE, "s-f-asyncio"]) == "the case or the engine"


def test_no_control_character_reaches_the_terminal() -> None:
    reason = "\x1b[31mred"
    bad: list[JobResult] = [replace(one, reason=reason) for one in RUN.results]
    one = replace(RUN, results=tuple(bad))
    assert "\x1b" not in "\n".join(lines(findings(one, failing(), attributions(one))))


def matrix(*targets: str, values: int, actual: object = 500) -> tuple[JobResult, ...]:
    return tuple(
        result(row(target), FAIL, Mismatch("status", "is 400", actual), case=f"specs/x.yaml::n[{value}]")
        for value in range(values)
        for target in targets
    )


def test_values_of_a_matrix_that_fail_alike_are_one_entry() -> None:
    both = joined(run({"s f": FAIL, "s g": FAIL}), run({"s f": FAIL}, case=OTHER))
    many = replace(both, results=(*matrix("s f", "s g", values=71), both.results[2]))
    rows = list(lines(findings(many, failing(), attributions(many))))
    assert rows[0] == "failing: 143 results (72 cases)"
    (entry,) = [number for number, line in enumerate(rows) if "[71 values]" in line]
    assert rows[entry].startswith("    fail     specs/x.yaml::n[71 values] on 2 targets (s-f-asyncio, ...): ")
    assert rows[entry + 1] == "      values: 0, 1, 2, 3, 4, 5 and 65 more"
    assert sum("specs/x.yaml::n[" in line for line in rows) == 1


def test_values_that_fail_on_other_targets_or_at_another_expectation_are_apart() -> None:
    one = run({"s f": FAIL, "s g": FAIL})
    several = replace(
        one,
        results=(
            *matrix("s f", "s g", values=2),
            result(row("s f"), FAIL, Mismatch("status", "is 400", 500), case="specs/x.yaml::n[only-f]"),
            *(
                result(row(name), FAIL, Mismatch("body", "is 'x'", b""), case="specs/x.yaml::n[body]")
                for name in ("s f", "s g")
            ),
        ),
    )
    rows = "\n".join(lines(findings(several, failing(), attributions(several))))
    assert all(f"n[{name}]" in rows for name in ("2 values", "only-f", "body"))
