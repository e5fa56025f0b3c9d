"""The passes of a base that are kept: what is taken from them, and what ends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.gate import GateSides
from engine.app.gate_bases import NO_SIDE, BaseSide, base_side, find, keep, others
from engine.app.launch import jobs_of
from engine.app.project_paths import find as find_paths
from engine.execution.job import Job
from engine.model.case import CaseHeader
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Run, TargetRow
from tests.execution.fakes import case, job

BASE, CHANGED = (Target("tiny", "control", "auto", release=word) for word in ("@base", "@change"))
SUITES = {"a.yaml": "1", "b.yaml": "2"}


def planned(*cells: tuple[str, str, Target]) -> list[Job]:
    """Jobs of cases, each with its suite and its target."""
    found = []
    for position, (file, name, target) in enumerate(cells):
        made = job(replace(case(), id=name), position)
        found.append(replace(made, case=replace(made.case, file=file), target=target))
    return found


JOBS = planned(
    ("a.yaml", "one", BASE), ("a.yaml", "one", CHANGED), ("b.yaml", "two", BASE), ("b.yaml", "two", CHANGED)
)  # fmt: skip


def side(folder: Path, suites: Mapping[str, str] = SUITES) -> BaseSide:
    return BaseSide(tuple(one for one in JOBS if one.target == BASE), suites, folder / "base.ndjson")


def ran(*verdicts: Verdict) -> Run:
    """A run of JOBS with their verdicts."""
    results = tuple(
        JobResult(one.case.id, one.case.file, one.target.id, "c", "must", verdict)
        for one, verdict in zip(JOBS, verdicts, strict=True)
    )
    rows = tuple(TargetRow(one.id, "tiny", "control", "auto", "direct", "local") for one in (BASE, CHANGED))
    return Run("r", {"targets": [BASE.id, CHANGED.id], "cases": []}, rows, results, True, "whole")


PASS, FAIL = Verdict.PASS, Verdict.FAIL


def test_passes_of_the_base_are_spared_and_stand_in_the_next_run(tmp_path: Path) -> None:
    keep(side(tmp_path), find(side(tmp_path)), ran(PASS, FAIL, PASS, PASS))
    kept = find(side(tmp_path))
    spared = kept.spares(JOBS, side(tmp_path))
    assert [one.position for one in spared] == [0, 2]
    assert [one.position for one in others(JOBS, spared)] == [1, 3]
    changed = ran(PASS, FAIL, PASS, PASS)
    changed = replace(changed, results=changed.results[1::2], targets=changed.targets[1:])
    whole = kept.joined(replace(changed, header={"targets": [CHANGED.id], "cases": []}), spared)
    assert sorted((one.address, one.target, one.verdict) for one in whole.results) == sorted(
        (one.address, one.target, one.verdict) for one in ran(PASS, FAIL, PASS, PASS).results
    )
    assert [row.id for row in whole.targets] == [BASE.id, CHANGED.id]


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not PASS])
def test_what_did_not_pass_is_performed_again(tmp_path: Path, verdict: Verdict) -> None:
    keep(side(tmp_path), find(side(tmp_path)), ran(verdict, PASS, PASS, PASS))
    assert [one.position for one in find(side(tmp_path)).spares(JOBS, side(tmp_path))] == [2]


def test_a_repetition_that_fails_ends_a_kept_pass(tmp_path: Path) -> None:
    keep(side(tmp_path), find(side(tmp_path)), ran(PASS, FAIL, PASS, PASS))
    again = [replace(ran(PASS, FAIL, PASS, PASS).results[0], verdict=Verdict.FLAKY)]
    keep(side(tmp_path), find(side(tmp_path)), ran(PASS, FAIL, PASS, PASS), again)
    assert [one.position for one in find(side(tmp_path)).spares(JOBS, side(tmp_path))] == [2]


def test_a_changed_suite_leaves_the_results_of_the_others(tmp_path: Path) -> None:
    keep(side(tmp_path), find(side(tmp_path)), ran(PASS, PASS, PASS, PASS))
    changed = side(tmp_path, {**SUITES, "a.yaml": "3"})
    assert [one.position for one in find(changed).spares(JOBS, changed)] == [2]


def test_a_gate_of_some_suites_keeps_the_results_of_the_others(tmp_path: Path) -> None:
    keep(side(tmp_path), find(side(tmp_path)), ran(PASS, PASS, PASS, PASS))
    part = BaseSide((JOBS[0],), {"a.yaml": "1"}, side(tmp_path).file)
    keep(part, find(part), ran(FAIL, PASS, PASS, PASS))
    assert [one.position for one in find(side(tmp_path)).spares(JOBS, side(tmp_path))] == [2]


@pytest.mark.parametrize(
    "text", ["", "{", '{"suites": 1, "kept": 0}\n', '{"suites": {}, "kept": 0}\n{"kind":"result"}\n']
)
def test_a_file_that_cannot_be_read_counts_as_empty(tmp_path: Path, text: str) -> None:
    one = side(tmp_path)
    assert one.file is not None
    one.file.write_text(text)
    assert not find(one).results
    keep(one, find(one), ran(PASS, PASS, PASS, PASS))
    assert len(find(one).results) == 2


def test_a_base_that_cannot_be_kept_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = side(tmp_path / "file")
    keep(one, find(one), ran(PASS, PASS, PASS, PASS))
    assert not find(one).spares(JOBS, one)
    assert find(NO_SIDE).joined(ran(PASS, PASS, PASS, PASS), ()) == ran(PASS, PASS, PASS, PASS)


def cases(engine: Engine) -> list[CaseHeader]:
    loaded = engine.load([engine.project_paths.specs / "contract" / "http-scope.yaml"], whole=True)
    return [one for suite in loaded.suites for one in suite.cases]


@pytest.mark.parametrize(
    ("base", "known"),
    [
        ("gunicorn==26.2.0", True),
        (f"gunicorn@git+https://example.org/gunicorn@{'0' * 40}", True),
        ("gunicorn@git+https://example.org/gunicorn@main", False),
        ("gunicorn@.", False),
    ],
)
def test_a_base_is_kept_where_its_content_cannot_change(base: str, known: bool) -> None:
    engine = Engine(find_paths())
    options = RunOptions((base, "gunicorn"), ("control",))
    jobs = jobs_of(engine, cases(engine), options)
    found = base_side(engine, jobs, GateSides(options, ("gunicorn",), (base,), "", True))
    assert {one.target.configuration for one in found.jobs} < {one.target.configuration for one in jobs}
    assert (found.file is not None) is known


def test_the_file_of_a_base_depends_on_the_framework_and_on_both_releases() -> None:
    engine = Engine(find_paths())
    files = set()
    for base, framework in (
        ("gunicorn==26.2.0", "control"), ("gunicorn==26.1.0", "control"), ("gunicorn==26.2.0", "quart"),
    ):  # fmt: skip
        options = RunOptions((base, "gunicorn"), (framework,))
        sides = GateSides(options, ("gunicorn",), (base,), "", True)
        files.add(base_side(engine, jobs_of(engine, cases(engine), options), sides).file)
    assert len(files) == 3
    assert None not in files
