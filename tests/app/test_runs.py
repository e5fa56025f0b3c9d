"""Runs as a command line names them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import ProjectPaths, find
from engine.app.run_ids import header
from engine.app.runs import again, folder, ids, keep
from engine.errors import UsageError
from engine.results.record.store import Store

IDS = ("20260101-000000-aaaa", "20260102-000000-bbbb", "20260103-000000-cccc")


@pytest.fixture
def project_paths(tmp_path: Path) -> ProjectPaths:
    for run_id in IDS:
        Store(tmp_path / "runs" / run_id, run_id, {}).close("whole")
    return find(str(tmp_path))


@pytest.mark.parametrize(
    ("named", "found"),
    [("", 2), ("last", 2), ("last~0", 2), ("last~1", 1), ("last~2", 0), (IDS[1], 1), ("{runs}/" + IDS[0], 0)],
)
def test_a_run_by_its_name(project_paths: ProjectPaths, named: str, found: int) -> None:
    named = named.format(runs=project_paths.results / "runs")
    assert folder(named, project_paths).name == again(named, project_paths).id == IDS[found]


def test_a_run_by_its_file(project_paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project_paths.results / "runs" / IDS[0])
    assert again("run.ndjson", project_paths).id == again("./run.ndjson", project_paths).id == IDS[0]
    assert ids(project_paths) == list(reversed(IDS))


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("last~3", "there are 3, from last to last~2"),
        ("20260101-000000-aaab", f"did you mean '{IDS[0]}'?"),
        ("nowhere", f"the newest is {IDS[2]}; `engine list runs` lists all"),
        ("../nowhere", "the newest is"),
    ],
)
def test_a_run_that_is_not_there(project_paths: ProjectPaths, named: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no run") as caught:
        folder(named, project_paths)
    assert caught.value.hint.startswith(hint)


def test_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run in") as caught:
        folder("last~1", find(str(tmp_path)))
    assert caught.value.hint == "`engine grid` makes one"


def test_the_header_says_which_data_a_run_had(project_paths: ProjectPaths) -> None:
    store = keep(project_paths, "20260104-000000-dddd", ["grid"], [])
    store.close("whole")
    assert again("last", project_paths).header["data"] == project_paths.data
    assert project_paths.data["corpus"]


def test_the_header_lists_the_cases_in_the_order_of_their_files(project_paths: ProjectPaths, tmp_path: Path) -> None:
    head = "suite: S\ncategory: c\nlevel: must\ncite: [SCOPE-01]\ncases:\n"
    steps = "    steps:\n      - request: {path: /health, expect: {status: 200}}\n"
    alone = "  - id: z\n    title: Z\n    alone: true\n" + steps
    matrix = "  - id: a\n    title: A $(n)\n    matrix: {n: [10, 9]}\n" + steps
    (tmp_path / "x.yaml").write_text(head + alone + matrix)
    engine = Engine(project_paths)
    (suite,) = engine.load([tmp_path / "x.yaml"]).suites
    jobs = engine.plan(suite.cases, engine.targets(RunOptions(frameworks=("control",))))
    assert [job.case.id for job in jobs] != ["z", "a[10]", "a[9]"]
    cases = header([], jobs, [], {})["cases"]
    assert [address.rpartition("::")[2] for address in cases] == ["z", "a[10]", "a[9]"]


@pytest.mark.parametrize("there", [False, True], ids=["made", "there before"])
def test_git_ignores_a_folder_of_results_that_a_run_makes(tmp_path: Path, there: bool) -> None:
    results = tmp_path / "results"
    if there:
        results.mkdir()
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    keep(find(str(results)), IDS[0], (), ()).close("whole")
    listed = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (listed.stdout != "") is there
