from __future__ import annotations

from dataclasses import replace

import pytest

from engine.app import history
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.model.bug import Bug
from engine.model.case import CaseHeader

FILE = "specs/contract/http-scope.yaml"
BUG = Bug("G01", "server", "gunicorn", "25.0.0", "25.0.1", "A bug", "a changelog", cases=(f"{FILE}::method",))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(find(str(tmp_path_factory.mktemp("results"))))


@pytest.fixture(scope="module")
def cases(engine: Engine) -> list[CaseHeader]:
    loaded = engine.load([engine.project_paths.specs / "contract" / "http-scope.yaml"])
    return [case for suite in loaded.suites for case in suite.cases]


def ids(plan: history.Plan) -> list[tuple[str, str]]:
    return [(job.case.stem, job.target.id) for job in plan.jobs]


def planned(engine: Engine, cases: list[CaseHeader], *bugs: Bug) -> history.Plan:
    return history.planned(engine, bugs, {bug.id: history.cases_of(bug, cases) for bug in bugs})


def test_a_case_runs_on_both_releases(engine: Engine, cases: list[CaseHeader]) -> None:
    plan = planned(engine, cases, BUG)
    assert set(ids(plan)) == {("method", f"gunicorn=={number}-control-auto") for number in ("25.0.0", "25.0.1")}
    bad, fixed = plan.sides["G01"]
    assert (set(bad), set(fixed)) == ({"gunicorn==25.0.0-control-auto"}, {"gunicorn==25.0.1-control-auto"})


def test_bugs_of_one_release_share_its_server(engine: Engine, cases: list[CaseHeader]) -> None:
    other = replace(BUG, id="G02", fixed="26.0.0", cases=(f"{FILE}::path",))
    plan = planned(engine, cases, BUG, other)
    assert len({job.target for job in plan.jobs}) == 3
    assert [job.position for job in plan.jobs] == list(range(len(plan.jobs)))


def test_flags_and_pins_are_a_variant_of_each_release(engine: Engine, cases: list[CaseHeader]) -> None:
    bug = replace(BUG, flags=("--x", "a b"), bad_pins=("h11==0.14.0",))
    assert {target for _, target in ids(planned(engine, cases, bug))} == {
        "gunicorn==25.0.0~g01-bad-control-auto",
        "gunicorn==25.0.1~g01-fixed-control-auto",
    }
    variant = engine.configured["gunicorn==25.0.0~g01-bad"].variant
    assert (variant.flags, variant.pins) == (("--x", "a b"), ("h11==0.14.0",))


def test_a_bug_without_a_fix_runs_on_one_release(engine: Engine, cases: list[CaseHeader]) -> None:
    plan = planned(engine, cases, replace(BUG, fixed=""))
    assert {target for _, target in ids(plan)} == {"gunicorn==25.0.0-control-auto"}
    assert plan.sides["G01"][1] == frozenset()


def test_a_bug_of_a_framework_runs_its_app(engine: Engine, cases: list[CaseHeader]) -> None:
    bug = replace(BUG, sort="framework", name="starlette", bad="1.0", fixed="1.1", under="uvicorn-h11")
    assert {target for _, target in ids(planned(engine, cases, bug))} == {
        "uvicorn-h11-starlette==1.0-auto",
        "uvicorn-h11-starlette==1.1-auto",
    }


def test_a_bug_of_http_2_runs_over_it_as_each_release_speaks_it(engine: Engine, cases: list[CaseHeader]) -> None:
    bug = replace(BUG, bad="26.1.0", fixed="27.0.0", http="2")
    assert {target for _, target in ids(planned(engine, cases, bug))} == {
        "gunicorn==26.1.0-control-auto-h2",
        "gunicorn==27.0.0-control-auto-h2c",
    }


def test_the_time_limit_is_short(cases: list[CaseHeader]) -> None:
    for timeout, expected in ((5.0, 5.0), (10.0, 8.0), (12.0, 12.0), (40.0, 15.0)):
        limited = history.cases_of(BUG, [replace(case, timeout=timeout) for case in cases])
        assert {case.timeout for case in limited} == {expected}


def test_an_unknown_bug_has_a_hint(engine: Engine) -> None:
    with pytest.raises(UsageError, match="there is no bug 'G00'") as caught:
        history.chosen([BUG], ["G00"])
    assert "G01" in caught.value.hint
    assert history.chosen([BUG], ["G01", "G01"]) == [BUG]


def test_the_document_of_the_engine(engine: Engine) -> None:
    bugs = history.bugs_in(engine)
    assert len(bugs) > 90
    with pytest.raises(UsageError, match="there is no document of history"):
        history.bugs_in(engine, "nowhere.yaml")
    with pytest.raises(UsageError, match="has no bugs"):
        history.bugs_in(engine, str(engine.project_paths.specs / "known-failures.yaml"))
