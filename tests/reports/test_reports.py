"""The grid as Markdown and as JSON."""

from __future__ import annotations

import json

from engine.app.grids import of
from engine.model.verdict import JobResult, Verdict
from engine.reports.json_ import text
from engine.reports.markdown import code, markdown
from engine.results.store import Run, TargetRow

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


def test_markdown() -> None:
    shown = markdown(RUN, of(RUN))
    assert "The run was not whole: interrupted." in shown
    assert "| f           | auto (uvloop) | 1/2 1F        | 1/2 1F  |" in shown
    assert "| g           | auto          | did not start | 0/1 1E  |" in shown
    assert "- `s-f-auto`: Python 3.11.7, loop uvloop, s 1, f 2" in shown
    assert "- `a.yaml::b[s-f-auto]`: fail: status \\| is \\`200\\` or so" in shown
    assert "- `s-g-auto`: no &lt;module> \\`x\\`" in shown


def test_code_stays_on_its_line() -> None:
    assert code("a\nb|<c>") == "a b\\|&lt;c>"


def test_json() -> None:
    document = json.loads(text(RUN, of(RUN)))
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
