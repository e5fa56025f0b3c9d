"""The cause of a failing result: each rule, each precedence, and missing results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from engine.model.expectation import Mismatch
from engine.model.origin import Origin, Part
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.attribution import SERVER_OR_CASE, Attribution, ComparedResult, Fault, attribute
from engine.results.record.store import TargetRow
from tests.results.synthetic import CASE, LEAK, STATUS, joined, result, row, run

PASS, FAIL, WARN, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.ERROR
UNJUDGED = (Verdict.UNSUPPORTED, Verdict.BLOCKED, Verdict.ERROR)

Cells = Mapping[str, JobResult | Verdict]


def whose(cells: Cells, target: str, *known: TargetRow, interface: str = "asgi") -> Attribution:
    made = run(cells, *known)
    rows = [replace(one, interface=interface) for one in made.targets]
    return attribute(made.results, rows)[CASE, row(target).id]


def given(name: str) -> JobResult:
    """A failure of an expectation about what the server gave."""
    return result(row(name), FAIL, LEAK)


def compared(found: Attribution) -> list[tuple[str, str]]:
    return [(one.target, one.verdict.value) for one in found.evidence]


# Each rule


def test_1_what_fails_on_the_reference_with_the_control_is_the_case_s() -> None:
    found = whose({"s f": FAIL, "s control": FAIL, "reference control": FAIL, "reference f": PASS}, "s f")
    assert (found.fault, found.culprit) == (Fault.CASE, "")
    assert compared(found) == [("reference-control-asyncio", "fail")]


def test_1_of_the_reference_itself() -> None:
    assert whose({"reference control": FAIL, "s control": PASS}, "reference control").fault is Fault.CASE


def test_2_what_passes_without_the_gateway_is_the_gateway_s() -> None:
    behind = "s f asyncio nginx"
    found = whose({behind: FAIL, "s f": PASS, "s control": PASS, "reference control": PASS}, behind)
    assert (found.fault, found.culprit) == (Fault.GATEWAY, "nginx")
    assert compared(found) == [("s-f-asyncio", "pass"), ("reference-control-asyncio", "pass")]


def test_2_a_gateway_is_cleared_by_another_server_that_passes_behind_it() -> None:
    behind = "s control asyncio nginx"
    found = whose({behind: FAIL, "s control": PASS, "t control asyncio nginx": PASS}, behind)
    assert (found.fault, found.culprit) == (Fault.SERVER, "s")


def test_2_a_server_is_judged_by_the_version_of_http_that_the_gateway_speaks_to_it() -> None:
    behind = row("s control asyncio nginx", http="h2c", upstream="1.1")
    rows = [behind, row("s control"), replace(row("s control", http="h2c"), id="s-control-asyncio-h2c")]
    reference = replace(row("reference control", http="h2c"), id="reference-control-asyncio-h2c")

    def found(plain: Verdict, over_http2: Verdict) -> Attribution:
        verdicts = zip([*rows, reference], [FAIL, plain, over_http2, PASS], strict=True)
        return attribute([result(*one) for one in verdicts], [*rows, reference])[CASE, behind.id]

    assert found(PASS, FAIL).fault is Fault.GATEWAY
    assert compared(found(PASS, FAIL)) == [
        ("s-control-asyncio", "pass"), ("reference-control-asyncio-h2c", "pass"),
    ]  # fmt: skip
    assert found(FAIL, PASS).fault is not Fault.GATEWAY
    assert compared(found(FAIL, PASS))[0] == ("s-control-asyncio", "fail")


def test_2_what_fails_without_the_gateway_too_is_judged_as_if_it_were_not_there() -> None:
    behind = "s f asyncio nginx"
    found = whose({behind: FAIL, "s f": FAIL, "s control": FAIL, "reference control": PASS}, behind)
    assert (found.fault, found.culprit) == (Fault.SERVER, "s")
    assert "fails without nginx as well" in found.because
    assert compared(found)[:2] == [("s-f-asyncio", "fail"), ("s-control-asyncio", "fail")]


def test_3_what_the_control_fails_is_the_server_s() -> None:
    found = whose({"s f": FAIL, "s control": FAIL, "reference control": PASS, "t f": PASS}, "s f")
    assert (found.fault, found.culprit, found.settle) == (Fault.SERVER, "s", "")
    assert compared(found) == [("s-control-asyncio", "fail"), ("reference-control-asyncio", "pass")]
    assert found.evidence[0].where == "status"


def test_3_a_case_that_only_the_control_runs() -> None:
    found = whose({"s control": FAIL, "t control": PASS}, "s control")
    assert (found.fault, found.culprit, found.settle) == (Fault.SERVER, "s", "")
    assert compared(found) == [("t-control-asyncio", "pass")]


@pytest.mark.parametrize("outcome", [FAIL, None])
def test_3_a_server_is_not_blamed_where_nobody_passes_the_case(outcome: Verdict | None) -> None:
    cells: Cells = {"s control": FAIL} | ({"t control": outcome} if outcome else {})
    found = whose(cells, "s control")
    assert (found.fault, found.culprit) == (Fault.UNKNOWN, SERVER_OR_CASE)
    assert found.heading == "unknown: server or case"
    assert "no target passes it" in found.because
    assert found.settle == "engine grid specs/x.yaml --server reference --server s --framework control --loop asyncio"


def test_3_what_the_server_gave_is_not_its_own_where_nobody_passes_the_case() -> None:
    found = whose({"s f": given("s f")}, "s f")
    assert (found.fault, found.culprit, found.given) == (Fault.UNKNOWN, SERVER_OR_CASE, ("scope.state.leak",))
    assert "--server reference --server s" in found.settle


def test_3_a_framework_that_passes_elsewhere_shows_that_the_case_can_pass() -> None:
    found = whose({"s control": FAIL, "t f": PASS}, "s control")
    assert (found.fault, found.culprit, compared(found)) == (Fault.SERVER, "s", [("t-f-asyncio", "pass")])


def test_3_where_the_reference_could_say_nothing_no_run_would_settle_it() -> None:
    found = whose({"s control": FAIL, "reference control": Verdict.UNSUPPORTED}, "s control")
    assert (found.fault, found.culprit, found.settle) == (Fault.UNKNOWN, SERVER_OR_CASE, "")


def test_3_what_the_server_gave_is_its_own_though_the_control_passes() -> None:
    found = whose({"t control": PASS, "s f": given("s f"), "s control": PASS, "t f": PASS}, "s f")
    assert (found.fault, found.culprit, found.given) == (Fault.SERVER, "s", ("scope.state.leak",))
    assert compared(found) == [("s-control-asyncio", "pass")]
    assert "scope.state.leak" in found.because
    assert whose({"s f": FAIL, "s control": PASS, "t f": PASS, "t control": PASS}, "s f").fault is Fault.PAIRING


def test_3_what_the_reference_gives_is_not_the_server_s() -> None:
    cells: Cells = {
        "s f": given("s f"),
        "s control": PASS,
        "reference f": given("reference f"),
        "reference control": PASS,
    }
    assert whose(cells, "s f").fault is Fault.FRAMEWORK
    assert whose(cells, "reference f").fault is Fault.FRAMEWORK
    other = result(row("reference f"), FAIL, Mismatch("scope.path", "'/'", "/x", given=True))
    assert whose({**cells, "reference f": other}, "s f").fault is Fault.SERVER


@pytest.mark.parametrize("elsewhere", ["reference", "t"])
def test_4_what_a_framework_fails_elsewhere_too_is_its_own(elsewhere: str) -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, f"{elsewhere} f": FAIL, f"{elsewhere} control": PASS}
    found = whose(cells, "s f")
    assert (found.fault, found.culprit) == (Fault.FRAMEWORK, "f")
    assert elsewhere in found.because
    assert compared(found) == [("s-control-asyncio", "pass"), (f"{elsewhere}-f-asyncio", "fail")]


def test_4_on_the_reference_itself() -> None:
    found = whose({"reference f": FAIL, "reference control": PASS}, "reference f")
    assert (found.fault, compared(found)) == (Fault.FRAMEWORK, [("reference-control-asyncio", "pass")])


def test_5_what_fails_on_this_server_alone_is_the_pairing_s() -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, "t f": PASS, "t control": PASS, "s g": PASS}
    found = whose(cells, "s f")
    assert (found.fault, found.culprit) == (Fault.PAIRING, "s with f")
    assert compared(found) == [("s-control-asyncio", "pass"), ("t-f-asyncio", "pass")]


@pytest.mark.parametrize("missing", [None, *UNJUDGED])
def test_6_without_the_control(missing: Verdict | None) -> None:
    cells: Cells = {"s f": FAIL, "t f": PASS, "t control": PASS} | ({"s control": missing} if missing else {})
    found = whose(cells, "s f")
    assert (found.fault, found.culprit) == (Fault.UNKNOWN, "")
    assert "the bare app" in found.because
    assert not missing or missing.value in found.because
    assert found.settle == (
        "engine grid specs/x.yaml --server reference --server s --framework control --framework f --loop asyncio"
    )


@pytest.mark.parametrize("missing", [None, *UNJUDGED])
def test_6_without_another_server(missing: Verdict | None) -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, "t control": PASS} | ({"t f": missing} if missing else {})
    found = whose(cells, "s f")
    assert (found.fault, compared(found)) == (Fault.UNKNOWN, [("s-control-asyncio", "pass")])
    assert "--server reference --server s" in found.settle


def test_6_the_run_that_was_just_made_is_not_advised() -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, "reference f": Verdict.UNSUPPORTED, "reference control": PASS}
    found = whose(cells, "s f")
    assert (found.fault, found.settle) == (Fault.UNKNOWN, "")


def test_6_the_server_is_named_as_it_was_given() -> None:
    name = "s@mine~two f"
    known = replace(row(name, source="@../my server"), given=("--variant", "two: --workers 2"))
    assert whose({name: FAIL}, name, known).settle == (
        "engine grid specs/x.yaml --server reference --server 's@../my server~two' --framework control --framework f "
        "--loop asyncio --variant 'two: --workers 2'"
    )


def test_6_a_counterpart_that_did_not_start_is_named() -> None:
    missing = row("s control", failed="the package index is out of reach")
    found = whose({"s f": FAIL, "s control": ERROR}, "s f", missing)
    assert found.fault is Fault.UNKNOWN
    assert found.because == (
        "the bare app did not run on s; s-control-asyncio did not start: the package index is out of reach"
    )
    assert found.settle


def test_6_behind_a_gateway_alone() -> None:
    behind, control = "s f asyncio nginx", "s control asyncio nginx"
    found = whose({behind: FAIL, control: FAIL, "reference control": PASS}, behind)
    assert (found.fault, found.evidence) == (Fault.UNKNOWN, ())
    assert "without nginx" in found.because


# Which rule comes first


def test_6_behind_a_gateway_a_wsgi_app_is_compared_with_its_own_control() -> None:
    behind, control = "s flask asyncio nginx", "s wsgi-control asyncio nginx"
    alone = whose({behind: FAIL, control: FAIL}, behind, interface="wsgi")
    assert alone.fault is Fault.UNKNOWN
    words = "--server all --framework wsgi-control --framework flask --gateway nginx --loop asyncio"
    assert alone.settle == f"engine grid specs/x.yaml {words}"
    other = {"t wsgi-control asyncio nginx": PASS}
    assert whose({behind: FAIL, control: FAIL, **other}, behind, interface="wsgi").fault is Fault.SERVER
    theirs = {"t wsgi-control asyncio nginx": PASS, "t flask asyncio nginx": FAIL}
    assert whose({behind: FAIL, control: PASS, **theirs}, behind, interface="wsgi").fault is Fault.FRAMEWORK


def test_the_case_comes_before_the_gateway_and_the_server() -> None:
    behind = "s f asyncio nginx"
    assert whose({behind: FAIL, "s f": PASS, "reference control": FAIL}, behind).fault is Fault.CASE
    assert whose({"s f": given("s f"), "s control": FAIL, "reference control": FAIL}, "s f").fault is Fault.CASE


def test_the_gateway_comes_before_the_server() -> None:
    behind, control = "s f asyncio nginx", "s control asyncio nginx"
    cells: Cells = {behind: given(behind), control: FAIL, "s f": PASS, "s control": PASS}
    assert whose(cells, behind).fault is Fault.GATEWAY


def test_the_server_comes_before_the_framework() -> None:
    cells: Cells = {"s f": FAIL, "s control": FAIL, "reference f": FAIL, "reference control": PASS}
    assert whose(cells, "s f").fault is Fault.SERVER
    assert whose(cells, "reference f").fault is Fault.FRAMEWORK


def test_the_framework_comes_before_the_pairing() -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, "t f": FAIL, "t control": PASS, "u f": PASS, "u control": PASS}
    assert whose(cells, "s f").fault is Fault.FRAMEWORK


# What is evidence, and what is none


def test_a_framework_s_failure_is_no_evidence_where_the_server_is_at_fault() -> None:
    cells: Cells = {"s f": FAIL, "s control": PASS, "t f": FAIL, "u f": PASS, "u control": PASS}
    assert whose({**cells, "t control": FAIL}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "t control": Verdict.UNSUPPORTED}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "t control": PASS, "t f": given("t f")}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "t control": PASS}, "s f").fault is Fault.FRAMEWORK


def test_another_failure_elsewhere_is_no_evidence_but_on_the_reference() -> None:
    body = Mismatch("body", "'a'", "b")
    cells: Cells = {"s f": FAIL, "s control": PASS, "t f": result(row("t f"), FAIL, body), "t control": PASS}
    assert whose(cells, "s f").fault is Fault.UNKNOWN
    passes: Cells = {**cells, "u f": PASS, "u control": PASS}
    assert whose(passes, "s f").fault is Fault.PAIRING
    assert whose(passes, "t f").fault is Fault.PAIRING
    withheld = Mismatch("status", "200", 500, given=True)
    assert whose({**passes, "t f": result(row("t f"), FAIL, withheld)}, "s f").fault is Fault.PAIRING
    on_the_reference: Cells = {
        **passes,
        "reference f": result(row("reference f"), FAIL, body),
        "reference control": PASS,
    }
    assert whose(on_the_reference, "s f").fault is Fault.FRAMEWORK


@pytest.mark.parametrize("unjudged", UNJUDGED)
def test_what_was_not_judged_is_never_evidence(unjudged: Verdict) -> None:
    on_the_reference: Cells = {"s f": FAIL, "s control": FAIL, "reference control": unjudged}
    assert whose(on_the_reference, "s f").fault is Fault.UNKNOWN
    assert whose({**on_the_reference, "t control": PASS}, "s f").fault is Fault.SERVER
    elsewhere: Cells = {"s f": FAIL, "s control": PASS, "t f": unjudged, "t control": PASS}
    assert whose(elsewhere, "s f").fault is Fault.UNKNOWN


@pytest.mark.parametrize("failed", [Verdict.KNOWN, Verdict.FLAKY, Verdict.TIMEOUT, Verdict.CRASH])
def test_other_ways_to_fail_are_failures(failed: Verdict) -> None:
    cells: Cells = {"s f": FAIL, "s control": failed, "t f": PASS, "t control": PASS}
    assert whose(cells, "s f").fault is Fault.SERVER
    assert whose(cells, "s control").fault is Fault.SERVER
    alike = result(row("t f"), failed, STATUS)
    cells = {"s f": FAIL, "s control": PASS, "t f": alike, "t control": PASS, "u f": PASS, "u control": PASS}
    assert whose(cells, "s f").fault is Fault.FRAMEWORK


@pytest.mark.parametrize("passed", [Verdict.WARN, Verdict.INFO, Verdict.UNEXPECTED_PASS])
def test_other_ways_to_pass_are_passes(passed: Verdict) -> None:
    assert whose({"s f": FAIL, "s control": passed, "t f": passed, "t control": PASS}, "s f").fault is Fault.PAIRING


def test_a_warning_is_compared_with_warnings() -> None:
    cells: Cells = {"s f": WARN, "s control": WARN, "t f": PASS, "t control": PASS}
    assert whose(cells, "s f").fault is Fault.SERVER
    assert whose({**cells, "s control": PASS}, "s f").fault is Fault.PAIRING
    warned = result(row("s f"), WARN, LEAK)
    assert whose({**cells, "s f": warned, "s control": PASS}, "s f").fault is Fault.SERVER


def test_what_passed_or_was_not_judged_has_no_attribution() -> None:
    made = run(
        {"s f": PASS, "s control": Verdict.INFO, "t f": Verdict.UNSUPPORTED, "t control": Verdict.UNEXPECTED_PASS}
    )
    assert attribute(made.results, made.targets) == {}


def test_an_error_is_the_case_s_unless_it_never_ran() -> None:
    assert whose({"s f": ERROR, "s control": FAIL}, "s f").fault is Fault.CASE
    never = replace(result(row("s f"), ERROR), seconds=0.0)
    assert whose({"s f": never, "s control": FAIL}, "s f").fault is Fault.UNKNOWN


def test_an_error_that_names_what_the_server_gave_wrong_is_the_server_s() -> None:
    wrong = result(
        row("s control"), ERROR, Mismatch("scope.client", "to be the client's own address", "none", given=True)
    )
    found = whose({"s control": wrong}, "s control")
    assert (found.fault, found.culprit, found.given) == (Fault.SERVER, "s", ("scope.client",))
    assert "which ended the case" in found.because
    on_the_reference = replace(wrong, target="reference-control-asyncio")
    assert whose({"reference control": on_the_reference}, "reference control").fault is Fault.CASE


def test_a_target_that_did_not_start_is_no_evidence_and_has_no_fault() -> None:
    failed = row("s control", failed="no module")
    made = run({"s f": FAIL, "s control": FAIL, "t f": PASS, "t control": PASS}, failed)
    found = attribute(made.results, made.targets)
    assert list(found) == [(CASE, "s-f-asyncio")]
    assert found[CASE, "s-f-asyncio"].fault is Fault.UNKNOWN


def test_another_case_is_no_evidence() -> None:
    made = joined(run({"s f": FAIL}), run({"s control": FAIL, "reference control": FAIL}, case="specs/x.yaml::other"))
    assert attribute(made.results, made.targets)[CASE, "s-f-asyncio"].fault is Fault.UNKNOWN


# Loops, releases and variants


def test_loops_are_compared_with_their_like() -> None:
    on_uvloop, control = "s f uvloop", "s control uvloop"
    cells: Cells = {"s f": FAIL, on_uvloop: FAIL, "s control": FAIL, control: PASS, "t f": PASS, "t control": PASS}
    assert whose(cells, "s f").fault is Fault.SERVER
    assert whose(cells, on_uvloop).fault is Fault.PAIRING
    turned = dict(reversed(list(cells.items())))
    assert whose(turned, "s f").fault is Fault.SERVER
    assert whose(turned, on_uvloop).fault is Fault.PAIRING


def test_another_loop_speaks_where_the_same_is_missing() -> None:
    on_uvloop = "s f uvloop"
    cells: Cells = {on_uvloop: FAIL, "s control": FAIL, "t control": PASS}
    found = whose(cells, on_uvloop)
    assert (found.fault, compared(found)) == (
        Fault.SERVER,
        [("s-control-asyncio", "fail"), ("t-control-asyncio", "pass")],
    )
    assert whose({**cells, "s control uvloop": Verdict.BLOCKED}, on_uvloop).fault is Fault.SERVER


def test_the_server_s_own_choice_of_loop_is_compared_by_what_it_was() -> None:
    cells: Cells = {"s f auto": FAIL, "s control": FAIL, "s control uvloop": PASS, "t f": PASS, "t control": PASS}
    assert whose(cells, "s f auto", row("s f auto", found_loop="uvloop")).fault is Fault.PAIRING
    assert whose(cells, "s f auto", row("s f auto", found_loop="asyncio")).fault is Fault.SERVER


def test_releases_and_variants_are_servers_of_their_own() -> None:
    cells: Cells = {"s==1 f": FAIL, "s==1 control": FAIL, "s==2 f": FAIL, "s==2 control": PASS, "s control": PASS}
    assert whose(cells, "s==1 f").culprit == "s==1"
    found = whose(cells, "s==2 f")
    assert (found.fault, compared(found)) == (Fault.UNKNOWN, [("s==2-control-asyncio", "pass")])
    cells = {"s~two f": FAIL, "s control": FAIL, "s~two control": PASS, "s f": PASS}
    assert whose(cells, "s~two f").fault is Fault.UNKNOWN


def test_releases_that_fail_alike() -> None:
    cells: Cells = {"s==1 f": FAIL, "s==1 control": PASS, "s==2 f": FAIL, "s==2 control": PASS}
    assert whose(cells, "s==1 f").fault is Fault.FRAMEWORK
    found = whose({**cells, "t f": PASS, "t control": PASS}, "s==1 f")
    assert (found.fault, found.culprit) == (Fault.PAIRING, "s==1 with f")
    assert ("s==2-f-asyncio", "fail") in compared(found)


def test_a_release_that_passes_shows_the_pairing() -> None:
    cells: Cells = {"s==1 f": FAIL, "s==1 control": PASS, "s==2 f": PASS, "s==2 control": PASS}
    found = whose(cells, "s==1 f")
    assert (found.fault, compared(found)) == (
        Fault.PAIRING,
        [("s==1-control-asyncio", "pass"), ("s==2-f-asyncio", "pass")],
    )


def test_a_mutant_is_no_reference() -> None:
    found = whose({"s f": FAIL, "s control": FAIL, "reference~no-date control": FAIL, "t f": PASS}, "s f")
    assert found.fault is Fault.SERVER
    mutant = whose({"reference~no-date control": FAIL, "reference control": PASS}, "reference~no-date control")
    assert (mutant.fault, mutant.culprit) == (Fault.SERVER, "reference~no-date")
    framework: Cells = {"reference~no-date f": FAIL, "reference~no-date control": PASS}
    assert whose(framework, "reference~no-date f").fault is Fault.UNKNOWN


def test_the_expectations_that_are_given_are_named_once() -> None:
    both = result(row("s f"), FAIL, STATUS, LEAK, LEAK)
    assert whose({"s f": both, "s control": PASS}, "s f").given == ("scope.state.leak",)


def test_many_servers_are_named_in_short() -> None:
    cells: dict[str, JobResult | Verdict] = {"s f": FAIL, "s control": PASS}
    for name in "tuvwx":
        cells |= {f"{name} f": FAIL, f"{name} control": PASS}
    found = whose(cells, "s f")
    assert "fails it on t, u, v and 2 others too" in found.because
    assert len(found.evidence) == 6
    assert "fails it on t, u, v and w too" in whose({k: v for k, v in cells.items() if k[0] != "x"}, "s f").because


def raising(name: str, verdict: Verdict = PASS) -> JobResult:
    """A result in which send() raised in the application."""
    return replace(result(row(name), verdict), send_raised=("RuntimeError",))


def test_5_a_send_that_raises_for_the_control_too_is_the_server_s() -> None:
    """The bare app passes anyway, although it received the same data."""
    failing, control = raising("s f", FAIL), raising("s control")
    cells: Cells = {"s f": failing, "s control": control, "reference f": PASS, "reference control": PASS}
    found = whose(cells, "s f")
    assert (found.fault, found.culprit) == (Fault.SERVER, "s")
    because = "send() raises RuntimeError on this server, for the bare app as well, and not on reference"
    assert found.because == because
    assert compared(found)[:2] == [("s-control-asyncio", "pass"), ("reference-control-asyncio", "pass")]
    # It is no evidence where the framework's own send() did not raise, where the control's did not, where it raises
    # everywhere, or where the framework fails on the reference as well.
    assert whose({**cells, "s f": FAIL}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "s control": PASS}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "reference control": raising("reference control")}, "s f").fault is Fault.PAIRING
    assert whose({**cells, "reference f": FAIL}, "s f").fault is Fault.FRAMEWORK


def test_what_passed_in_another_run_is_a_witness() -> None:
    made, other = run({"s control": FAIL, "s f": FAIL}), run({"s control": PASS, "s f": FAIL, "t control": FAIL})
    rows = {one.id: one for one in other.targets}
    cells = [ComparedResult(rows[one.target], one, "yesterday") for one in other.results]
    found = attribute(made.results, made.targets, cells)
    assert set(found) == {(CASE, "s-control-asyncio"), (CASE, "s-f-asyncio")}
    assert found[CASE, "s-control-asyncio"].fault is Fault.SERVER
    assert compared(found[CASE, "s-control-asyncio"]) == [("s-control-asyncio (yesterday)", "pass")]
    assert compared(found[CASE, "s-f-asyncio"]) == [
        ("s-control-asyncio", "fail"),
        ("s-control-asyncio (yesterday)", "pass"),
    ]


def test_the_framework_that_passed_in_another_run_is_as_good_as_on_another_release() -> None:
    made, other = run({"s control": PASS, "s f": FAIL}), run({"s control": PASS, "s f": PASS})
    cells = [ComparedResult(of, one, "yesterday") for of, one in zip(other.targets, other.results, strict=True)]
    found = attribute(made.results, made.targets, cells)[CASE, "s-f-asyncio"]
    assert found.fault is Fault.PAIRING
    assert "passes it on s (yesterday)" in found.because


def test_a_pairing_names_the_case_in_which_the_server_gives_what_is_wrong() -> None:
    fine: Cells = {"s control": PASS, "t f": PASS, "t control": PASS, "s g": FAIL, "t g": PASS}
    cause = run({"s f": given("s f"), **fine}, case="specs/x.yaml::cause")
    cause = replace(cause, results=tuple(replace(one, case="cause") for one in cause.results))
    made = joined(run({"s f": FAIL, **fine}), cause)
    found = attribute(made.results, made.targets)
    assert found[CASE, "s-f-asyncio"].fault is Fault.PAIRING
    assert found[CASE, "s-f-asyncio"].hint.startswith("specs/x.yaml::cause: ")
    assert "scope.state.leak" in found[CASE, "s-f-asyncio"].hint
    assert found[CASE, "s-g-asyncio"].hint == ""
    assert found["specs/x.yaml::cause", "s-f-asyncio"].hint == ""


def test_what_the_control_is_given_wrong_as_well_is_no_cause_of_a_pairing() -> None:
    fine: Cells = {"t f": PASS, "t control": PASS}
    cause = run({"s f": given("s f"), "s control": given("s control"), **fine}, case="specs/x.yaml::cause")
    cause = replace(cause, results=tuple(replace(one, case="cause") for one in cause.results))
    made = joined(run({"s f": FAIL, "s control": PASS, **fine}), cause)
    found = attribute(made.results, made.targets)
    assert found["specs/x.yaml::cause", "s-f-asyncio"].fault is Fault.SERVER
    assert (found[CASE, "s-f-asyncio"].fault, found[CASE, "s-f-asyncio"].hint) == (Fault.PAIRING, "")


def test_what_the_framework_was_given_through_its_own_doing_is_no_cause() -> None:
    """The same expectation fails on the reference server, so it is not about data from a server."""
    fine: Cells = {"s control": PASS, "t f": PASS, "t control": PASS, "reference control": PASS}
    own = run({"s f": given("s f"), "reference f": given("reference f"), **fine}, case="specs/x.yaml::own")
    own = replace(own, results=tuple(replace(one, case="own") for one in own.results))
    made = joined(run({"s f": FAIL, "reference f": PASS, **fine}), own)
    found = attribute(made.results, made.targets)
    assert found["specs/x.yaml::own", "s-f-asyncio"].fault is Fault.FRAMEWORK
    assert (found[CASE, "s-f-asyncio"].fault, found[CASE, "s-f-asyncio"].hint) == (Fault.PAIRING, "")


# The command that settles it


def settled(**more: Any) -> str:
    target = replace(row("s control"), **more)
    (found,) = attribute([result(target, FAIL)], [target]).values()
    return found.settle


def test_the_run_that_would_settle_it_has_the_server_as_it_was_given() -> None:
    source = {"release": "@gunicorn", "source": "@../gunicorn"}
    assert "--server reference --server s@../gunicorn --framework control" in settled(**source)
    variant = {"variant": "mine", "given": ("--variant", "mine: --workers 2", "--frameworks", "apps")}
    assert "--server 's~mine'" in settled(**variant)
    assert settled(**variant).endswith("--loop asyncio --variant 'mine: --workers 2' --frameworks apps")
    running = {"runtime": "running", "given": ("--url", "control=http://127.0.0.1:1", "--frameworks", "apps")}
    assert settled(**running).endswith("--loop asyncio --frameworks apps")


def test_a_release_of_a_framework_is_a_framework_of_its_own() -> None:
    cells = {"s star==0.9": FAIL, "s star": PASS, "s control": PASS, "reference star==0.9": FAIL}
    found = whose({**cells, "reference control": PASS}, "s star==0.9")
    assert (found.fault, found.culprit) == (Fault.FRAMEWORK, "star==0.9")
    alone = whose({"s star==0.9": FAIL, "s control": PASS}, "s star==0.9")
    assert alone.fault is Fault.UNKNOWN
    assert "--framework control --framework star==0.9" in alone.settle
    # The pinned release on another server is no evidence for or against this one.
    other = whose({"s star==0.9": FAIL, "s control": PASS, "t star": FAIL, "t control": PASS}, "s star==0.9")
    assert other.fault is Fault.UNKNOWN


def test_the_app_or_the_framework_by_what_the_observer_saw() -> None:
    def found(part: Part | None) -> Attribution:
        origin = Origin(part, "KeyError was raised at x.py:1") if part is not None else None
        mine = replace(result(row("s f"), FAIL), origin=origin)
        return whose({"s f": mine, "s control": PASS, "reference f": FAIL, "reference control": PASS}, "s f")

    both, app, framework = found(None), found(Part.APP), found(Part.FRAMEWORK)
    assert {one.fault for one in (both, app, framework)} == {Fault.FRAMEWORK}
    assert [one.heading for one in (both, app, framework)] == ["app or framework f", "app of f", "framework f"]
    assert [one.part for one in (both, app, framework)] == ["", "app", "framework"]
    assert app.because == f"{both.because}; KeyError was raised at x.py:1"


def test_what_the_observer_saw_says_nothing_where_the_server_is_the_cause() -> None:
    mine = replace(result(row("s f"), FAIL), origin=Origin(Part.APP, "x"))
    found = whose({"s f": mine, "s control": FAIL, "reference control": PASS}, "s f")
    assert (found.fault, found.part) == (Fault.SERVER, "")


# Applications of a project, which the bare app has no part in


def whose_application(cells: Cells, target: str) -> Attribution:
    made = run(cells)
    rows = [replace(one, application=True) for one in made.targets]
    return attribute(made.results, rows)[CASE, row(target).id]


def test_an_application_that_fails_on_the_reference_too_is_the_cause() -> None:
    found = whose_application({"s shop": FAIL, "reference shop": FAIL}, "s shop")
    assert (found.fault, found.culprit) == (Fault.FRAMEWORK, "shop")
    assert compared(found) == [("reference-shop-asyncio", "fail")]
    assert whose_application({"reference shop": FAIL}, "reference shop").fault is Fault.FRAMEWORK


def test_an_application_that_passes_on_the_reference_fails_with_that_server() -> None:
    found = whose_application({"s shop": FAIL, "reference shop": PASS}, "s shop")
    assert (found.fault, found.culprit) == (Fault.PAIRING, "s with shop")


def test_an_application_on_one_server_has_an_unknown_cause() -> None:
    assert whose_application({"s shop": FAIL}, "s shop").fault is Fault.UNKNOWN
