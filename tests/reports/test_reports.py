"""The grid as Markdown and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.errors import UsageError
from engine.model.evidence_quality import EvidenceQuality
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.registry import Registry
from engine.reports import base
from engine.reports.base import Format, formats
from engine.reports.markdown import code, versions
from engine.reports.view import GridReport
from engine.results.analysis.attribution import Attributions
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, TargetRow
from tests.results.synthetic import joined, result, row, run

FAIL, PASS, KNOWN = Verdict.FAIL, Verdict.PASS, Verdict.KNOWN

GOOD = TargetRow(
    "s-f-auto", "s", "f", "auto", "direct", "local", found_loop="uvloop", python="3.11.7", versions={"s": "1", "f": "2"}
)
BAD = TargetRow("s-g-auto", "s", "g", "auto", "direct", "local", failed="no <module> `x`")
RUN = Run(
    "id-1",
    {"engine": "0", "targets": [GOOD.id, BAD.id]},
    (GOOD, BAD),
    (
        JobResult("a", "a.yaml", GOOD.id, "c", "must", Verdict.PASS),
        JobResult("b", "a.yaml", GOOD.id, "c", "should", Verdict.FAIL, "status | is `200`\nor so"),
        JobResult("a", "a.yaml", BAD.id, "c", "must", Verdict.ERROR, "the target did not start"),
    ),
    False,
    "interrupted",
)


def page_of(form: str, run: Run, causes: Attributions | None = None, by: str = "") -> str:
    """A run's grid in a format."""
    write = formats()[form].grid
    assert write is not None
    return write(GridReport(run, grid_of(run), causes or {}, by))


def test_every_module_of_a_format_is_found_and_names_its_files() -> None:
    suffixes = {"csv": ".csv", "github": ".txt", "html": ".html", "json": ".json", "junit": ".xml", "markdown": ".md"}
    assert {name: one.suffix for name, one in formats().items()} == suffixes


def test_a_format_shows_what_it_can_and_the_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no explanation") as raised:
        base.writer("markdown", "explanation")
    assert raised.value.hint == "known: json"
    with pytest.raises(UsageError, match="no report format called 'jsn'") as raised:
        base.writer("jsn", "grid")
    assert "did you mean 'json'" in raised.value.hint
    more = Registry("report format", [Format("dots", ".txt", comparison=lambda found: "...")])
    monkeypatch.setattr(base, "formats", lambda: more)
    assert base.writer("dots", "comparison")(None) == "..."


def test_markdown() -> None:
    page = page_of("markdown", RUN)
    assert "Interrupted." in page
    assert "| f           | auto (uvloop) | 1/2 1F        | 1/2 1F  |" in page
    assert "| g           | auto          | did not start | –       |" in page
    assert "id-1`: 2 cases: 1 passed, 1 failed, 1 target did not start. Interrupted" in page
    assert "- frameworks: f 2\n- Python: 3.11.7\n" in page
    assert "<summary>Packages of 1 environment</summary>\n\n- `s-f-auto`: Python 3.11.7, s 1, f 2\n" in page
    assert "- `a.yaml::b[s-f-auto]`: fail: status \\| is \\`200\\` or so" in page
    assert "- `s-g-auto`: no &lt;module> \\`x\\`" in page


def test_code_stays_on_its_line() -> None:
    assert code("a\nb|<c>") == "a b\\|&lt;c>"


def test_json() -> None:
    document = json.loads(page_of("json", RUN))
    assert (document["run"], document["whole"], document["categories"]) == ("id-1", False, ["c"])
    good, bad = document["rows"]
    assert (good["python"], good["found_loop"], good["versions"]) == ("3.11.7", "uvloop", {"s": "1", "f": "2"})
    assert good["categories"]["c"] == {
        "passed": 1,
        "applicable": 2,
        "verdicts": {"pass": 1, "fail": 1},
        "levels": {"must": {"passed": 1, "applicable": 1}, "should": {"passed": 0, "applicable": 1}},
    }
    assert bad["failed"]


BLAMED = joined(
    run({"s f": FAIL, "s control": FAIL, "t control": PASS}),
    run({"s f": KNOWN, "s control": PASS}, case="specs/x.yaml::other"),
)


def test_markdown_says_whose_fault_it_is_and_on_what_evidence() -> None:
    page = page_of("markdown", BLAMED, attributions(BLAMED))
    assert "| server  | s  | 1       | 2         |" in page
    assert "- `specs/x.yaml::case` on 2 targets: fail: expected status 200, got 500" in page
    assert "  - on `s-f-asyncio`, `s-control-asyncio`" in page
    assert "  - server s: it fails without any framework\n  - compared with `t-control-asyncio` pass" in page


def test_json_says_whose_fault_each_cell_is_and_on_what_evidence() -> None:
    made = json.loads(page_of("json", BLAMED, attributions(BLAMED)))
    assert made["causes"] == [
        {"fault": "server", "culprit": "s", "part": "", "cases": 1, "cells": 2},
        {"fault": "unknown", "culprit": "", "part": "", "cases": 1, "cells": 1},
    ]
    server, unknown = made["findings"]
    assert (server["fault"], server["culprit"], server["case"]) == ("server", "s", "case")
    framework, control = server["cells"]
    assert (framework["target"], framework["verdict"], framework["evidence"]) == ("s-f-asyncio", "fail", "complete")
    assert framework["cause"]["evidence"] == [
        {"target": "s-control-asyncio", "verdict": "fail", "where": "status"},
        {"target": "t-control-asyncio", "verdict": "pass", "where": ""},
    ]
    assert control["cause"]["evidence"] == [{"target": "t-control-asyncio", "verdict": "pass", "where": ""}]
    assert unknown["cells"][0]["verdict"] == "known"
    assert "--server reference" in unknown["cells"][0]["cause"]["settle"]


def test_markdown_says_that_evidence_was_lost() -> None:
    row, result = BLAMED.targets[0], BLAMED.results[0]
    lost = replace(result, evidence=EvidenceQuality(2, "`x`"))
    page = page_of("markdown", replace(BLAMED, targets=(row,), results=(lost,)))
    assert "  - incomplete evidence: the observer lost 2 records while the case ran: \\`x\\`\n" in page


def test_groups_in_json_and_markdown() -> None:
    made = json.loads(page_of("json", BLAMED, None, "server"))
    assert [(one["server"], one["targets"], one["total"]["passed"]) for one in made["groups"]] == [
        ("s", ["s-f-asyncio", "s-control-asyncio"], 1),
        ("t", ["t-control-asyncio"], 1),
    ]
    assert json.loads(page_of("json", BLAMED))["groups"] == []
    page = page_of("markdown", BLAMED, None, "framework")
    assert page.index("## f\n") < page.index("## control\n")
    crossed = page_of("markdown", BLAMED)
    assert "| server   | loop    | f         | control   | total     |" in crossed


def test_markdown_folds_values_of_a_matrix_and_names_them_all() -> None:
    values = [run({"s f": FAIL}, case=f"specs/x.yaml::n[{value}]") for value in range(12)]
    whole = joined(*values)
    page = page_of("markdown", whole, attributions(whole))
    assert "- `specs/x.yaml::n[12 values]` on `s-f-asyncio`: fail: expected status 200, got 500\n" in page
    assert "  - values: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n" in page


def test_markdown_lists_warnings_and_known_failures_by_server() -> None:
    excuse = Excuse("expected status 200, got 500", "it is <broken>", "https://example.org/1")
    both = joined(
        run({"s f": KNOWN, "t f": KNOWN}),
        *(run({"s f": Verdict.WARN}, case=f"specs/x.yaml::w[{value}]") for value in "ab"),
    )
    results = (
        replace(one, excuse=excuse) if one.verdict is KNOWN else replace(one, reason="why") for one in both.results
    )
    page = page_of("markdown", replace(both, results=tuple(results)))
    assert "## Warnings: 2 cases\n\n- `specs/x.yaml::w[2 values]` on `s-f-asyncio`: why\n  - values: a, b\n" in page
    assert "## Known failures: 2 results (1 case)\n\n### s: 1 case\n\n- `specs/x.yaml::case` on `s-f-asyncio`" in page
    assert "  - it is &lt;broken>\n  - <https://example.org/1>\n\n### t: 1 case\n" in page


def test_a_framework_has_its_release_and_commit_among_the_versions() -> None:
    checkout = replace(
        row("s star"), id="s-star@main-asyncio", framework_release="@main", framework_version="1.2",
        framework_commit="0123456789ab+changes",
    )  # fmt: skip
    pinned = replace(row("s star"), framework_version="1.1")
    older = replace(row("s other"), versions={"other": "3.0"})
    targets = (checkout, pinned, older)
    one = Run("id-1", {}, targets, tuple(result(each, PASS) for each in targets), True, "whole")
    text = versions(GridReport(one, grid_of(one), {}))
    assert "- frameworks: other 3.0, star 1.1, star@main 1.2 (012345678+changes)" in text.replace("`", "")


def test_each_report_of_results_has_the_risk_of_the_clauses() -> None:
    cited = [replace(one, cite=("A-1", "A-2"), risk="leak") for one in BLAMED.results]
    risky = replace(BLAMED, results=tuple(cited))
    causes = attributions(risky)
    assert "\n  - A-1, A-2: leak\n" in page_of("markdown", risky, causes)
    assert {one["risk"] for one in json.loads(page_of("json", risky, causes))["findings"]} == {"leak"}
    assert [line.rpartition(",")[2] for line in page_of("csv", risky, causes).splitlines()] == ["risk", *["leak"] * 5]
    assert page_of("junit", risky, causes).count('<property name="risk" value="leak"') == 5
