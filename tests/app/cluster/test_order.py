"""The order of a task, and what a worker makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.cluster.order import TaskOrder, options_of, orders_of
from engine.app.cluster.task import adapted, packets, path_of, with_machine, with_paths
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.run_request import RunRequest
from engine.errors import DocumentError
from engine.worker.messages import ResultMessage

SUITE = "suite: S\ncategory: c\ncite: [SCOPE-01]\nlevel: must\ncases:\n"
CASE = "  - id: one\n    title: T\n    steps:\n      - request: {path: /health, expect: {status: 200}}\n"


def test_the_options_of_a_target_select_it_and_no_other() -> None:
    engine = Engine(find())
    options = RunOptions(
        servers=("all", "gunicorn==26.2.0", "gunicorn~two"),
        variants=("two: --workers 2",),
        loop="both",
        http="all",
        gateways=("all",),
        frameworks=("control", "flask", "starlette==1.0.0"),
        pythons=("3.12",),
    )
    targets = engine.targets(options)
    assert len(targets) > 50
    for target in targets:
        assert engine.targets(options_of(target)) == [target]


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("suite.yaml").write_text(SUITE + CASE)
    return tmp_path


def orders(*, times: int = 1) -> list[TaskOrder]:
    engine = Engine(find(), baseline="known.yaml", corpus="1.0")
    suite = engine.load([Path("suite.yaml")]).suites[0]
    targets = engine.targets(RunOptions(frameworks=("control", "starlette")))
    jobs = engine.plan(suite.cases, targets)
    jobs = [replace(job, repeat=number) for job in jobs for number in range(times)]
    return orders_of(jobs, engine, [Path("suite.yaml")], "run-1", "topic", keep_all=True)


def test_an_order_is_the_same_after_its_way(suites: Path) -> None:
    one, other = orders(times=3)
    assert (one.target, one.cells, one.times) == ("gunicorn-control-auto", ("suite.yaml::one",), 3)
    assert other.target == "gunicorn-starlette-auto"
    again = TaskOrder.of_json(json.loads(json.dumps(one.to_json(), default=str)))
    assert (again.cells, again.documents, again.version) == (one.cells, one.documents, one.version)
    request = RunRequest.of_json(again.request)
    assert (request.engine.baseline, request.engine.corpus, request.keep_all) == ("", "", True)
    assert request.named == (suites / "suite.yaml",)
    (document,) = one.documents
    assert (document.address, document.path, document.shown) == (
        "suite.yaml", str(suites / "suite.yaml"), "suite.yaml",
    )  # fmt: skip


def test_a_worker_has_the_documents_of_the_run(suites: Path) -> None:
    document, engine = orders()[0].documents[0], Engine(find())
    assert path_of(document, engine) == suites / "suite.yaml"
    assert path_of(replace(document, path="/nowhere/suite.yaml"), engine) == suites / "suite.yaml"
    Path("suite.yaml").write_text(SUITE + CASE + CASE.replace("one", "two"))
    with pytest.raises(DocumentError, match=r"other contents of the suite suite\.yaml"):
        path_of(document, engine)
    Path("suite.yaml").unlink()
    with pytest.raises(DocumentError, match=r"has no suite suite\.yaml"):
        path_of(document, engine)


def test_a_worker_has_folders_of_its_own(suites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_CACHE", "/its/own/cache")
    request = RunRequest.of_json(orders()[0].request)
    here = adapted(request, suites / "task")
    assert here.engine.project_paths.cache == Path("/its/own/cache")
    assert here.engine.project_paths.results == suites / "task"
    assert here.engine.project_paths.specs == request.engine.project_paths.specs
    gone = replace(request.engine.project_paths, specs=Path("/nowhere/specs"), frameworks=Path("/nowhere/frameworks"))
    moved = adapted(replace(request, engine=replace(request.engine, project_paths=gone)), suites / "task")
    assert moved.engine.project_paths.specs == find().specs


def message(cell: int = 0, result: str = "{}", target: str = "") -> ResultMessage:
    return ResultMessage(cell, "pass", 0.1, False, result, target)


def test_paths_are_those_that_the_user_typed() -> None:
    line = json.dumps({"step": "/a/b/suite.yaml:3:5", "file": "suite.yaml"})
    found = with_paths(message(result=line), [("/a/b/suite.yaml", "../suite.yaml")])
    assert json.loads(found.result) == {"step": "../suite.yaml:3:5", "file": "suite.yaml"}


def test_a_row_has_the_machine_of_its_worker() -> None:
    assert with_machine(message()).target == ""
    row = json.loads(with_machine(message(target='{"kind":"target","id":"a"}')).target)
    assert row["id"] == "a"
    assert row["system"]
    assert row["machine"]["cores"] >= 1


def test_every_line_is_in_a_packet() -> None:
    found = [values for packet in packets(iter([message(number) for number in range(5)])) for values in packet]
    assert [values[0] for values in found] == [0, 1, 2, 3, 4]
    assert list(packets(iter([]))) == []
