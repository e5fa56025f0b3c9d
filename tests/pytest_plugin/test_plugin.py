"""Expectations of pytest's users, each in a pytest of its own with a real service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pytest_plugin.conftest import Run

TARGET = "gunicorn-control-auto"

pytestmark = pytest.mark.service


def runs(suites: Path) -> list[Path]:
    return sorted((suites.parent / "results" / "runs").glob("*/run.ndjson"))


def test_steps_are_for_the_process_that_performs_them(run: Run, suites: Path) -> None:
    """pytest's own process neither reads them nor loads what they are made of, once the documents are known."""
    (suites.parent / "told.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded:', [name for name in sys.modules if name.startswith('engine.steps')])\n"
    )
    assert run("--collect-only").code == 0
    ran = run("-p", "told", "--deselect", f"suites/first.yaml::wrong[{TARGET}]")
    assert "6 passed" in ran.out
    assert "loaded: []" in ran.out


def test_a_whole_run(run: Run, suites: Path) -> None:
    ran = run("-v")
    assert ran.code == 1
    assert ran.counts("1 failed", "6 passed", "1 skipped")
    for name in ("type-is-http", "status[200]", "status[404]"):
        assert f"suites/first.yaml::{name}[{TARGET}] PASSED" in ran.out
    # The failure: the place with a caret, both sides on one time line, and how to do it by hand.
    assert "suites/first.yaml:19:50" in ran.out
    assert "^^^" in ran.out
    assert "GET /scope HTTP/1.1\\r\\n" in ran.out
    assert "call 1 returned" in ran.out
    assert "curl -i" in ran.out
    assert "Traceback" not in ran.out
    # The cause: as far as it is known when the case fails, and after the run.
    summary = ran.out.partition("= causes =")[2]
    assert "unknown: server or case\n" in summary
    assert "    fail     suites/first.yaml::wrong[gunicorn-control-auto] (A case that fails; " in summary
    assert "engine grid suites/first.yaml --server reference --server gunicorn" in summary
    assert f"FAILED suites/first.yaml::wrong[{TARGET}] - status: expected 201, got 200\n" in ran.out
    warnings = ran.out.partition("= conformance warnings =")[2].partition("= causes =")[0]
    assert "warnings: 2 cases\n" in warnings
    assert f"\n  suites/first.yaml::warned on {TARGET}\n" in warnings
    assert f"\n  suites/second.yaml::only-a-should on {TARGET}\n" in warnings
    (kept,) = runs(suites)
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    kinds = [line["kind"] for line in lines]
    # A case that the target cannot run needs no start, so its result may stand before the target.
    assert (kinds[0], sorted(kinds[1:-1]), kinds[-1]) == ("header", [*["result"] * 8, "target"], "footer")
    early = lines[1 : kinds.index("target")]
    assert {line["verdict"] for line in early} <= {"unsupported"}
    assert lines[-1]["counts"] == {"pass": 4, "fail": 1, "warn": 2, "unsupported": 1}


def test_collect_only_starts_nothing(run: Run, suites: Path) -> None:
    ran = run("--collect-only", "-q")
    assert ran.code == 0
    assert f"suites/first.yaml::status[404][{TARGET}]" in ran.out
    assert ran.counts("8 tests collected")
    assert runs(suites) == []


def test_k(run: Run) -> None:
    ran = run("-k", "status and 404")
    assert (ran.code, ran.counts("1 passed", "7 deselected")) == (0, True)


def test_a_session_that_judged_nothing_has_run_no_test(run: Run, suites: Path) -> None:
    ran = run("-k", "unsupported")
    assert (ran.code, ran.counts("1 skipped", "7 deselected")) == (5, True)
    reason = "  1 unsupported: left out: it has none\n"
    assert f"no case ran:\n{reason}" in ran.out
    assert run("-k", "unsupported", "-n", "1").code == 5
    (suites.parent / "test_other.py").write_text("def test_other(): pass\n")
    assert run("-k", "unsupported or other", path=".").code == 0
    assert run("-k", "unsupported or 404").code == 0


FULL = """\
import os
from engine.results.record import store

class Full:
    def __getattr__(self, name):
        return getattr(os, name)
    def write(self, file, data):
        raise OSError(28, "No space left on device")

store.os = Full()
"""


@pytest.mark.parametrize("more", [(), ("-n", "1")])
def test_a_run_that_cannot_be_written_does_not_end_well(run: Run, suites: Path, more: tuple[str, ...]) -> None:
    (suites.parent / "full.py").write_text(FULL)
    ran = run("-p", "full", "-k", "status", *more)
    assert (ran.code, ran.counts("2 passed")) == (3, True), ran.out
    assert ran.out.count("could not be written: No space left on device") == 1
    assert "Traceback" not in ran.out
    assert run("-p", "full", "-k", "wrong", *more).code == 1


def test_m_selects_by_tag(run: Run) -> None:
    ran = run("-m", "quick")
    assert (ran.code, ran.counts("1 passed", "7 deselected")) == (0, True)


def test_a_node_id_selects_one(run: Run) -> None:
    ran = run("-v", path=f"suites/first.yaml::status[404][{TARGET}]")
    assert (ran.code, ran.counts("1 passed")) == (0, True)
    assert f"suites/first.yaml::status[404][{TARGET}] PASSED" in ran.out
    assert not ran.counts("deselected")


@pytest.mark.parametrize(
    ("address", "passed"),
    [
        ("suites/first.yaml::status[404]", 1),
        ("suites/first.yaml::status", 2),
        ("first.yaml::status[404]", 0),
        ("{folder}/first.yaml::status[200]", 1),
    ],
)
def test_an_address_stands_for_its_items(run: Run, suites: Path, address: str, passed: int) -> None:
    ran = run("-v", path=address.format(folder=suites))
    assert (ran.code, ran.counts(f"{passed} passed")) == ((0, True) if passed else (4, False)), ran.out
    assert ran.out.count("PASSED") == passed


def test_an_address_that_is_not_there_brings_the_nearest(run: Run) -> None:
    ran = run(path="suites/first.yaml::status[405]")
    assert ran.code == 4
    assert "there is no case 'suites/first.yaml::status[405]'" in ran.out
    assert "did you mean 'status[404]'?" in ran.out
    assert "Traceback" not in ran.out


@pytest.mark.parametrize(
    ("options", "collected"),
    [
        (("-m", "must"), 6),
        (("-m", "should"), 2),
        (("-m", "second or quick"), 3),
        (("--asgi-tag", "quick"), 1),
    ],
)
def test_levels_categories_and_tags_choose(run: Run, options: tuple[str, ...], collected: int) -> None:
    ran = run("--collect-only", "-q", "--strict-markers", *options)
    assert ran.code == 0, ran.out
    assert ran.out.count(f"[{TARGET}]") == collected


@pytest.mark.parametrize(
    ("path", "options", "collected"),
    [
        ("suites", (), ["status[404]"]),
        ("suites", ("--asgi-extended",), ["status[200]", "status[404]", "type-is-http"]),
        ("suites/first.yaml::status", (), ["status[404]"]),
        ("suites/first.yaml::status[200]", (), ["status[200]"]),
        ("suites/first.yaml::type-is-http", (), ["type-is-http"]),
    ],
)
def test_extended_cases_are_collected_on_request(
    run: Run, suites: Path, path: str, options: tuple[str, ...], collected: list[str]
) -> None:
    first = suites / "first.yaml"
    text = first.read_text().replace("    tags: [quick]", "    extended: true")
    text = text.replace(
        "    matrix: {code: [200, 404]}",
        "    matrix: {code: [200, 404]}\n    variants: [{when: {code: 200}, extended: true}]",
    )
    first.write_text(text)
    ran = run("--collect-only", "-q", "-k", "status or type", *options, path=path)
    assert sorted(re.findall(r"::(\S+)\[gunicorn", ran.out)) == collected


def test_a_tag_with_the_name_of_a_mark_of_pytest_is_no_such_mark(run: Run, suites: Path) -> None:
    path = suites / "first.yaml"
    path.write_text(path.read_text().replace("tags: [quick]", "tags: [skip]"))
    ran = run(path="suites/first.yaml::type-is-http")
    assert (ran.code, ran.counts("1 passed")) == (0, True)


def test_x_stops_at_the_first_failure(run: Run) -> None:
    ran = run("-x")
    assert ran.code == 1
    assert ran.counts("1 failed", "3 passed")
    assert "stopping after 1 failures" in ran.out


def test_lf_runs_what_failed(run: Run) -> None:
    assert run().counts("1 failed")
    again = run("--lf")
    assert again.counts("1 failed")
    assert not again.counts("passed")
    assert "run-last-failure: rerun previous 1 failure" in again.out


def test_n_2(run: Run, suites: Path) -> None:
    ran = run("-n", "2", "--asgi-loop", "both")
    assert ran.code == 1
    assert ran.counts("2 failed", "12 passed", "2 skipped")
    (kept,) = runs(suites)
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert sum(line["kind"] == "result" for line in lines) == 16
    # Each target was started once, in one worker. A probe's log is there where the cache did not know the server yet.
    logs = sorted(path.name for path in (kept.parent / "logs").iterdir() if not path.name.startswith("probe-"))
    assert logs == ["gunicorn-control-asyncio.log", "gunicorn-control-uvloop.log"]


def test_junitxml(run: Run, suites: Path) -> None:
    run("--junitxml", "junit.xml")
    root = ElementTree.parse(suites.parent / "junit.xml").getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert len(cases) == 8
    wrong = cases[f"wrong[{TARGET}]"]
    assert wrong.find("failure") is not None
    properties = {one.get("name"): one.get("value") for one in wrong.iter("property")}
    assert properties["verdict"] == "fail"
    assert properties["cite"] == "SCOPE-01"
    assert cases[f"unsupported[{TARGET}]"].find("skipped") is not None


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_counterparts_show_the_cause_and_are_no_items(run: Run, suites: Path, workers: tuple[str, ...]) -> None:
    ran = run("--junitxml", "junit.xml", "-k", "wrong or health", *workers, counterparts=True)
    assert ("running the failed cases on other targets to find the cause" in ran.out) == (not workers)
    assert ran.code == 1
    assert ran.counts("1 failed", "1 passed")
    summary = ran.out.partition("= causes =")[2]
    assert "\nthe case or the engine\n" in summary
    assert len(ElementTree.parse(suites.parent / "junit.xml").getroot().findall(".//testcase")) == 2
    (kept,) = runs(suites)
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert sorted(line["kind"] for line in lines) == [
        "counterpart", "counterpart-target", "footer", "header", "result", "result", "target",
    ]  # fmt: skip
    (beside,) = [line for line in lines if line["kind"] == "counterpart"]
    assert (beside["case"], beside["target"], beside["counterpart"]) == ("wrong", "reference-control-auto", True)
    assert lines[-1]["counts"] == {"pass": 1, "fail": 1}


def test_counterparts_are_announced_only_if_any_run(run: Run) -> None:
    ran = run("-k", "warned", counterparts=True)
    assert (ran.code, ran.counts("1 passed")) == (0, True), ran.out
    assert "running the failed cases" not in ran.out


@pytest.mark.parametrize("quiet", [("-q",), ("-q", "-o", "console_output_style=classic")], ids=" ".join)
def test_the_announcement_of_counterparts_is_a_line_of_its_own(run: Run, quiet: tuple[str, ...]) -> None:
    ran = run("-k", "wrong", *quiet, counterparts=True)
    assert "\nconformance: running the failed cases on other targets to find the cause" in ran.out


def test_durations_are_the_jobs_own(run: Run, suites: Path) -> None:
    (suites / "slow.yaml").write_text(
        "suite: Slow\ncategory: slow\ncite: [SCOPE-01]\nlevel: must\ncases:\n"
        "  - id: slow\n    title: Slow\n    steps:\n      - request: {path: /delay, query: {seconds: 0.5}, "
        "expect: {status: 200}}\n"
    )
    ran = run("--durations", "1", "-k", "slow or type-is-http")
    line = next(line for line in ran.out.splitlines() if "call" in line and "::" in line)
    assert "slow.yaml::slow" in line
    assert 0.5 <= float(line.split("s ")[0]) < 5


def test_category_and_level_narrow(run: Run) -> None:
    assert run("--asgi-category", "second").counts("2 passed")
    assert run("--asgi-level", "must").counts("1 failed", "4 passed", "1 skipped")


def test_warnings_can_fail(run: Run) -> None:
    assert run("--asgi-warnings-fail").counts("3 failed", "4 passed")


def test_a_document_with_a_mistake_is_a_collection_error(run: Run, suites: Path) -> None:
    (suites / "broken.yaml").write_text(SUITE_WITH_MISTAKE)
    ran = run()
    assert ran.code == 2
    assert "error[unknown-key]" in ran.out
    assert "did you mean 'path'?" in ran.out
    assert "Traceback" not in ran.out


SUITE_WITH_MISTAKE = (
    "suite: Broken\ncategory: broken\ncite: [SCOPE-01]\nlevel: must\ncases:\n  - id: a\n    title: A\n    steps:\n"
    "      - request: {pth: /scope, expect: {status: 200}}\n"
)


WRONG = {
    "framework": (("--asgi-framework", "starlete"), "did you mean 'starlette'?"),
    "server": (("--asgi-server", "gunicron"), "did you mean 'gunicorn"),
    "variant": (("--asgi-server", "gunicorn~fast"), "gunicorn has no variant called 'fast'"),
    "declaration": (("--asgi-variant", "x"), "'x' does not declare a variant"),
    "gateway": (("--asgi-gateway", "ngix-http"), "did you mean 'nginx-http'?"),
    "category": (("--asgi-category", "frist"), "did you mean 'first'?"),
    "tag": (("--asgi-tag", "quik"), "did you mean 'quick'?"),
    "repeat": (("--asgi-repeat", "0"), "cannot run each case 0 times"),
    "url": (("--asgi-url", "control=http://127.0.0.1:1"), "add --asgi-runtime running"),
    "folder of frameworks": (("--asgi-frameworks", "nowhere"), "there is no contract.yaml in nowhere"),
}


@pytest.mark.parametrize(
    ("option", "workers"),
    # With pytest-xdist, what is wrong of targets is found by the controller, and what is wrong of cases by its workers.
    [*((option, ()) for option in WRONG), ("framework", ("-n", "2")), ("category", ("-n", "2"))],
)
def test_a_wrong_option_is_one_usage_error(run: Run, suites: Path, option: str, workers: tuple[str, ...]) -> None:
    arguments, words = WRONG[option]
    ran = run(*arguments, *workers)
    assert ran.code == 4, ran.out
    assert ran.out.count(words) == 1
    assert "Traceback" not in ran.out
    assert "INTERNALERROR" not in ran.out
    # One error, a hint, and of pytest's own the usage.
    assert len(ran.out.splitlines()) < 30
    assert not runs(suites)


def test_a_file_of_mistakes_hides_no_category(run: Run, suites: Path) -> None:
    (suites / "second.yaml").write_text("suite: Broken\ncategory: second\ncases: []\n")
    ran = run("--asgi-category", "second")
    assert ran.code == 2
    assert "no case has the category" not in ran.out


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_results_that_cannot_be_kept_are_one_error(run: Run, suites: Path, workers: tuple[str, ...]) -> None:
    (suites.parent / "results").write_text("a file where the folder would be")
    ran = run(*workers)
    assert ran.code == 4, ran.out
    assert ran.out.count("the run cannot be kept in") == 1
    assert "name another folder with --asgi-results" in ran.out
    assert "ExceptionGroup" not in ran.out
    assert "Traceback" not in ran.out
    assert run("--collect-only").code == 0


def test_repeated_and_rechecked(run: Run, suites: Path) -> None:
    ran = run("--asgi-repeat", "3", "--asgi-recheck", "--asgi-keep-transcripts", path="suites/first.yaml")
    assert ran.counts("1 failed", "4 passed", "1 skipped")
    assert "run 3 times each: 5 of 5 had the same verdict every time" in ran.out
    assert "rerun in isolation: 1 failure, of which none passes in isolation" in ran.out
    (kept,) = runs(suites)
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    results = {line["case"]: line for line in lines if line["kind"] == "result"}
    assert [one["verdict"] for one in results["wrong"]["attempts"]] == ["fail"] * 3
    assert results["type-is-http"]["transcript"]
    (recheck,) = [line for line in lines if line["kind"] == "recheck"]
    assert (recheck["case"], recheck["verdict"], len(recheck["attempts"])) == ("wrong", "fail", 3)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_the_run_is_written_as_a_page(run: Run, suites: Path, workers: tuple[str, ...]) -> None:
    ran = run("--asgi-html", "page.html", *workers, path="suites/first.yaml")
    assert "conformance: written: page.html" in ran.out
    text = (suites.parent / "page.html").read_text()
    assert "first.yaml::wrong" in text
    (kept,) = runs(suites)
    assert kept.parent.name in text
    assert "cannot be written" in run("--asgi-html", "no/page.html", path="suites/first.yaml").out


def test_rechecked_in_a_worker_of_xdist(run: Run, suites: Path) -> None:
    ran = run("-n", "2", "--asgi-recheck", path="suites/first.yaml")
    assert "rerun in isolation: 1 failure" in ran.out
    (kept,) = runs(suites)
    assert [json.loads(line)["kind"] for line in kept.read_text().splitlines()].count("recheck") == 1


# A run's nonce ends in the number of the job, so of two runs of this case one passes.
FLAKY = """\
suite: Flaky
category: flaky
cite: [SCOPE-01]
level: must
cases:
  - id: every-other
    title: Passes every other time
    steps:
      - request:
          path: /scope
          headers: {X-Run: $(run)}
          expect: {json.headers: {none: {last: {matches: "[0-9a-f]{4}-j[0-9]*[13579]"}}}}
"""


def test_a_flaky_case_fails_only_when_asked(run: Run, suites: Path) -> None:
    (suites / "flaky.yaml").write_text(FLAKY)
    ran = run("--asgi-repeat", "4", path="suites/flaky.yaml")
    assert (ran.code, ran.counts("1 xfailed")) == (0, True), ran.out
    assert f"2/4 suites/flaky.yaml::every-other[{TARGET}]: passed 2 of 4; fail " in " ".join(ran.out.split())
    ran = run("--asgi-repeat", "4", "--asgi-flaky-fails", path="suites/flaky.yaml")
    assert (ran.code, ran.counts("1 failed")) == (1, True)
    assert "flaky: passed 2 of 4" in ran.out
    assert "GET /scope HTTP/1.1" in ran.out


FAILURE = f"____ wrong[{TARGET}] ____"
EXCERPT = "= expected: "


TRACEBACKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no": ((), ("suites/first.yaml:19", EXCERPT, "GET /scope", "FAILURES")),
    "line": ((f"suites/first.yaml:19: [{TARGET}] status: expected 201, got 200\n",), (EXCERPT, "GET /scope")),
    "short": ((FAILURE, "suites/first.yaml:19:50\n", EXCERPT, "^^^"), ("GET /scope", "curl -i", "fail: ")),
    "long": ((FAILURE, "suites/first.yaml:19:50\n", EXCERPT, "GET /scope", "curl -i"), ()),
}


# A worker of pytest-xdist makes the report as the session itself does, so one style shows that it knows the option.
@pytest.mark.parametrize(("style", "workers"), [*((style, ()) for style in TRACEBACKS), ("short", ("-n", "1"))])
def test_tb_is_obeyed(run: Run, style: str, workers: tuple[str, ...]) -> None:
    there, missing = TRACEBACKS[style]
    ran = run("-k", "wrong", f"--tb={style}", *workers)
    assert ran.code == 1
    for text in there:
        assert text in ran.out
    for text in missing:
        assert text not in ran.out
    assert f"FAILED suites/first.yaml::wrong[{TARGET}] - status: expected 201, got 200\n" in ran.out


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_failure_is_in_colour_where_pytest_is(run: Run, workers: tuple[str, ...]) -> None:
    ran = run("-k", "wrong", "--color=yes", *workers)
    assert "\x1b[1;31m^^^\x1b[0m" in ran.out
    assert "\x1b[" not in run("-k", "wrong", "--color=no", *workers).out


def test_a_skipped_case_is_of_its_suite(run: Run) -> None:
    assert "SKIPPED [1] suites/first.yaml:1: unsupported: " in run("-rs", "-k", "unsupported").out


@pytest.mark.parametrize("options", [("--asgi-strict",), ("--asgi-warnings-fail",), ("--disable-warnings",)])
def test_warnings_are_no_list_where_they_fail_or_are_disabled(run: Run, options: tuple[str, ...]) -> None:
    ran = run("-k", "warned", *options)
    assert "conformance warnings" not in ran.out
    assert ran.code == (0 if options == ("--disable-warnings",) else 1)


def test_marks_are_listed_and_are_identifiers(run: Run, suites: Path) -> None:
    path = suites / "first.yaml"
    path.write_text(path.read_text().replace("[quick]", "[very-quick, not]").replace("first\n", "http-first\n"))
    ran = run("--markers")
    for mark, of in (
        ("must", "of level must"),
        ("http_first", "of category http-first"),
        ("very_quick", "with the tag very-quick"),
        ("very-quick", "with the tag very-quick"),
        ("not_", "with the tag not"),
    ):
        assert f"@pytest.mark.{mark}: conformance cases {of}\n" in ran.out
    chosen = run("--collect-only", "-q", "--strict-markers", "-m", "http_first and not_ and very_quick and must")
    assert chosen.out.count(f"[{TARGET}]") == 1
    (suites.parent / "test_none.py").touch()
    assert "conformance cases" not in run("--markers", path="test_none.py").out
    assert "@pytest.mark.http_wire: " in run("--markers", path="specs/http/wire.yaml").out


MISSING = {
    "suites/frst.yaml": "no such file or folder: suites/frst.yaml\n  did you mean 'suites/first.yaml'?",
    "specs/htp": "no such file or folder: specs/htp\n  did you mean 'specs/http'?",
    "suites/first.yaml::staus": "there is no case 'suites/first.yaml::staus'\n  did you mean 'status'?",
}


@pytest.mark.parametrize(
    ("path", "workers"), [*((path, ()) for path in MISSING), ("suites/first.yaml::staus", ("-n", "1"))]
)
def test_a_missing_suite_is_a_usage_error_with_a_hint(run: Run, path: str, workers: tuple[str, ...]) -> None:
    words = MISSING[path]
    ran = run(path=path, *workers)  # noqa: B026
    assert ran.code == 4, ran.out
    assert ran.out.count(f"ERROR: {words}") == 1
    assert "INTERNALERROR" not in ran.out


@pytest.mark.parametrize("workers", [(), ("-n", "1"), ("-n", "1", "--collect-only")])
def test_suites_outside_of_the_root_directory_have_ids(run: Run, workers: tuple[str, ...]) -> None:
    ran = run("-v", *workers, path="specs/http/wire.yaml::short-body")
    assert ran.code == 0, ran.out
    assert "specs/http/wire.yaml::short-body[gunicorn-control-auto]" in ran.out or "--collect-only" in workers


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_target_that_does_not_start_shows_its_log(run: Run, workers: tuple[str, ...]) -> None:
    server = ("--asgi-server", "gunicorn~bad", "--asgi-variant", "bad: --nonsense")
    ran = run(*server, *workers, "-k", "status", "--tb=no")
    assert ran.code == 1
    target = "gunicorn~bad-control-auto"
    text = ran.out.partition(f"= {target} did not start =")[2].partition("short test summary")[0]
    assert "--nonsense" in text
    assert "\n  | " in text
    assert ran.out.count("did not start =") == 1
