"""Records that earlier engines wrote are still read, printed, explained and compared.

Each folder of ``samples/`` is named after a record format, and has a run made by an engine of that format: gunicorn
27.0.1 and Daphne 4.2.3 with the bare app, seven cases, ``--recheck``, and a list of known failures of its own. Most
transcripts and logs were removed to keep it small, and so were the paths of the machine; nothing else.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.model.showing import as_text
from engine.model.typed_value import typed
from engine.reports import view
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.format import CURRENT, version_of
from engine.results.record.store import FILE, Run, read

SAMPLES = Path(__file__).parent / "samples"
FORMATS = sorted(folder.name for folder in SAMPLES.iterdir())


@pytest.fixture(params=FORMATS)
def sample(request: pytest.FixtureRequest) -> Path:
    return SAMPLES / str(request.param)


def result_of(run: Run, case: str, server: str) -> dict[str, object]:
    """The parts of a result that the tests check."""
    (one,) = [one for one in run.results if one.case == case and one.target.startswith(server)]
    return {
        "reason": one.reason,
        "mismatches": [(each.where, each.expected, as_text(each.actual), each.place.line) for each in one.mismatches],
        "recheck": one.recheck and one.recheck.verdict.value,
        "moments": len(one.transcript.events) if one.transcript else 0,
    }


def test_every_line_is_read(sample: Path) -> None:
    run = read(sample)
    assert (run.whole, len(run.targets), len(run.results), len(run.counterparts)) == (True, 2, 14, 4)
    verdicts = Counter(one.verdict.value for one in run.results)
    assert verdicts == {
        "unsupported": 2, "pass": 4, "known": 1, "unexpected-pass": 1, "fail": 3, "warn": 2, "timeout": 1,
    }  # fmt: skip
    assert result_of(run, "short-body", "daphne") == {
        "reason": "complete is false, but it is true",
        "mismatches": [("complete", "to be false", "true", 310)],
        "recheck": "fail",
        "moments": 20,
    }
    assert {one.fault.value for one in attributions(run).values()} == {"server", "unknown"}


def test_this_engine_s_own_major_format_is_among_them() -> None:
    assert [version_of(1).major, CURRENT.major] == [int(name.partition(".")[0]) for name in FORMATS]
    (one,) = [one for one in read(SAMPLES / FORMATS[-1]).results if one.case == "short-body" and one.mismatches]
    (mismatch,) = one.mismatches
    assert (mismatch.operator, typed(mismatch.expected_value).data, typed(mismatch.actual).data) == (
        "equals",
        False,
        True,
    )
    assert mismatch.excerpt is not None
    start = mismatch.excerpt.column
    assert mismatch.excerpt.line[start : start + mismatch.excerpt.length] == "false"


def test_it_is_drawn_explained_and_compared(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["grid", "--from", str(sample)]) == 1
    assert "3F 1T 1X 1w 1u" in capsys.readouterr().out
    run = read(sample)
    document = view.grid(view.GridReport(run, grid_of(run), attributions(run)))
    assert document["rows"][0]["total"]["passed"] == 2
    assert len(document["findings"]) == 7

    assert main(["explain", str(sample), "short-body", "daphne"]) == 0
    printed = capsys.readouterr().out
    assert "expected: complete to be false" in printed
    assert "GET /two HTTP/1.1" in printed

    lines = (sample / FILE).read_text().splitlines()
    fixed = [line.replace('"verdict":"timeout"', '"verdict":"pass"') for line in lines]
    Path("now").mkdir()
    Path("now", FILE).write_text("\n".join(fixed) + "\n")
    assert main(["compare", str(sample), str(tmp_path / "now")]) == 0
    assert "fixed: 1 case" in capsys.readouterr().out
