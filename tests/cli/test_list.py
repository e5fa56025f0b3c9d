"""``engine list``: every list for people and for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.app.lists import sorts
from engine.cli.main import main
from engine.model.result_event import ResultEvent
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Store
from engine.terminal.escape import width
from tests.caches import with_documents

SECOND = """\
suite: "Second \\e[31m"
category: second
level: should
cases:
  - id: other
    title: "Control \\x07 characters"
    cite: [SCOPE-02, SCOPE-03]
    tags: [tagged]
    steps:
      - request: {path: /health, expect: {status: 200}}
"""

List = Callable[..., str]


@pytest.fixture
def listed(suites: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> List:
    """Runs ``engine list`` here; what it printed."""
    (suites / "second.yaml").write_text(SECOND)
    for number, ended in enumerate(("whole", "")):
        run_id = f"20260101-00000{number}-aaaa"
        header = {"arguments": ["grid", "a b"], "targets": ["t"]}
        store = Store(suites / "results" / "runs" / run_id, run_id, header)
        store.take(ResultEvent(0, JobResult("a", "a.yaml", "t", "c", "must", Verdict.FAIL)))
        if ended:
            store.close(ended)
    monkeypatch.chdir(suites)
    monkeypatch.setenv("ENGINE_CACHE", str(with_documents(suites / "cache")))

    def call(*arguments: str, code: int = 0) -> str:
        assert main(["list", *arguments]) == code
        captured = capsys.readouterr()
        return captured.out if code == 0 else captured.out + captured.err

    return call


def of(text: str) -> Any:
    return json.loads(text)


def test_without_what_there_are_all_lists_with_their_counts(listed: List) -> None:
    counts = {one["name"]: one["count"] for one in of(listed("--format", "json"))}
    assert set(counts) == set(sorts())
    assert counts["cases"] > counts["suites"] > counts["categories"] > 2
    assert all(counts.values())
    lines = listed().splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted(counts)


@pytest.mark.parametrize("what", list(sorts()))
def test_every_list_has_what_programs_get_for_people_too(listed: List, what: str) -> None:
    paths = ["."] if sorts()[what].filtered else []
    items = of(listed(what, *paths, "--format", "json"))
    assert items
    text = listed(what, *paths)
    for item in items:
        name = str(next(item[key] for key in ("id", "name", "file", "category") if key in item))
        assert name.removeprefix("bytes.") in text


@pytest.mark.parametrize("what", list(sorts()))
def test_every_list_fits_a_terminal(listed: List, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.terminal.columns.terminal_width", lambda: 80)
    text = listed(what, *(["."] if sorts()[what].filtered else []))
    assert max(width(line) for line in text.splitlines()) <= 80


def test_runs_stand_with_the_names_that_last_gives_them(listed: List) -> None:
    found = of(listed("runs", "--format", "json"))
    assert [(one["name"], one["run"], one["counts"], one["ended"]) for one in found] == [
        ("last", "20260101-000001-aaaa", {}, "unfinished"),
        ("last~1", "20260101-000000-aaaa", {"fail": 1}, "whole"),
    ]
    assert found[0]["command"] == "engine grid 'a b'"
    assert "1 fail" in listed("runs")


@pytest.mark.parametrize(
    "text", ["", "no JSON\n", '{"kind":"target"}\n', '{"kind":"header","format":"99.0","run":"x"}\n']
)
def test_a_record_that_cannot_be_read_is_listed_as_such(listed: List, suites: Path, text: str) -> None:
    folder = suites / "results" / "runs" / "20260101-000002-aaaa"
    folder.mkdir()
    (folder / "run.ndjson").write_text(text)
    first, *_ = of(listed("runs", "--format", "json"))
    assert (first["run"], first["ended"]) == (folder.name, "cannot be read")
    assert first["command"] == ("pytest" if "header" in text else "")
    assert "cannot be read" in listed("runs").splitlines()[2 if "header" in text else 1]


def test_cases_stand_under_their_file(listed: List) -> None:
    lines = listed("cases", ".").splitlines()
    assert lines[0].split() == ["case", "level", "title"]
    assert lines[1] == "cases.yaml"
    assert lines[2].split() == ["good", "must", "Good"]
    assert lines[3].split() == ["slow[1]", "must", "Slow"]
    assert lines[lines.index("second.yaml") + 1].split()[:2] == ["other", "should"]


def test_nothing_of_a_document_reaches_the_terminal_raw(listed: List) -> None:
    text = listed("cases", ".") + listed("suites", ".")
    assert "\x07" not in text
    assert "\x1b" not in text
    assert r"Control \x07 characters" in text


def test_a_case_for_programs(listed: List) -> None:
    found = of(listed("cases", "second.yaml", "--format", "json"))
    assert found == [
        {
            "address": "second.yaml::other",
            "id": "other",
            "file": "second.yaml",
            "line": 5,
            "category": "second",
            "level": "should",
            "title": "Control \x07 characters",
            "cite": ["SCOPE-02", "SCOPE-03"],
            "runs_on": "frameworks",
            "needs": [],
            "tags": ["tagged"],
            "extended": False,
            "http1_only": "",
        }
    ]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--category", "second"], ["other"]),
        (["--level", "should"], ["other"]),
        (["--level", "may"], []),
        (["--cite", "SCOPE-01"], ["good", "slow[1]", "slow[2]", "slow[3]", "slow[4]"]),
        (["--cite", "SCOPE-02", "--cite", "SCOPE-03"], ["other"]),
    ],
)
def test_what_chooses_cases(listed: List, options: list[str], ids: list[str]) -> None:
    assert [one["id"] for one in of(listed("cases", ".", *options, "--format", "json"))] == ids


def test_nothing_to_list_is_said(listed: List) -> None:
    assert listed("cases", ".", "--level", "may") == "no cases\n"


def test_clauses_know_who_cites_them(listed: List) -> None:
    found = {one["id"]: one for one in of(listed("clauses", ".", "--format", "json"))}
    assert len(found["SCOPE-01"]["cases"]) == 5
    assert found["SCOPE-02"]["cases"] == ["second.yaml::other"]
    assert found["SCOPE-04"]["cases"] == []
    rows = [line.split()[:4] for line in listed("clauses", ".").splitlines()]
    assert ["SCOPE-01", found["SCOPE-01"]["level"], "interop", "5"] in rows


def test_clauses_are_searched_by_words(listed: List) -> None:
    found = of(listed("clauses", "Content-length", "TRANSFER", "--format", "json"))
    assert found
    assert all("content-length" in one["statement"].lower() for one in found)
    assert all("transfer" in (one["statement"] + one["source"]).lower() for one in found)
    assert [one["id"] for one in of(listed("clauses", "scope-01", "--format", "json"))] == ["SCOPE-01"]
    assert listed("clauses", "zzyzx") == "no clauses with zzyzx\n"
    assert "cases.yaml" not in listed("clauses", "cases.yaml", "scope-01")


def test_uncited_clauses(listed: List) -> None:
    every = {one["id"] for one in of(listed("clauses", ".", "--format", "json"))}
    uncited = {one["id"] for one in of(listed("clauses", ".", "--uncited", "--format", "json"))}
    assert every - uncited == {"SCOPE-01", "SCOPE-02", "SCOPE-03"}


def test_categories_count_by_level(listed: List) -> None:
    found = of(listed("categories", ".", "--format", "json"))
    assert [(one["category"], one["cases"], one["levels"]) for one in found] == [
        ("first", 5, "5 must"),
        ("second", 1, "1 should"),
    ]


def test_targets_count_the_cases_that_run_there(listed: List) -> None:
    found = {one["id"]: one for one in of(listed("targets", ".", "--format", "json"))}
    assert found["gunicorn-control-uvloop"]["cases"] == 6
    assert {one["loop"] for one in found.values()} == {"auto", "asyncio", "uvloop"}


def test_a_kind_has_its_keys(listed: List) -> None:
    found = {(one["group"], one["name"]): one for one in of(listed("step-types", "--format", "json"))}
    request = found["step", "request"]["keys"]
    assert request["path"]["required"]
    assert request["expect"]["description"]
    assert next(iter(request)) == "path"
    assert found["step", "pause"]["takes"].startswith("a time")
    assert found["tcp", "send"]["takes"].startswith("bytes")
    text = listed("step-types")
    assert "in the script of tcp" in text
    assert "path (needed), method" in text


def test_step_types_with_the_same_facts_stand_together(listed: List) -> None:
    found = of(listed("facts", "--format", "json"))
    status = [one for one in found if one["name"] == "status" and "request" in one["step_types"]]
    assert len(status) == 1
    assert any(one["unit"] == "time" for one in found)


def test_an_operator_says_what_it_takes(listed: List) -> None:
    found = {one["name"]: one for one in of(listed("operators", "--format", "json"))}
    assert found["present"]["takes"] == "true or false"
    assert "http-date" in found["is"]["takes"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["caes"], "did you mean 'cases'?"),
        (["cases", "nowhere"], "there is no case 'nowhere'"),
        (["cases", "./nowhere"], "no such file or folder: ./nowhere"),
        (["cases", ".", "--category", "frist"], "did you mean 'first'?"),
        (["cases", ".", "--cite", "SCOPE-001"], "did you mean 'SCOPE-01'?"),
        (["step-types", "--level", "must"], "lists all step-types and does not take --level\n  paths and options"),
        (["servers", "gunicorn"], "`engine list servers` lists all servers and does not take 'gunicorn'\n"),
        (["cases", ".", "--uncited"], "--uncited does not apply to cases"),
    ],
)
def test_usage(listed: List, arguments: list[str], words: str) -> None:
    assert words in listed(*arguments, code=2)


def test_mistakes_are_told_of(listed: List, suites: Path) -> None:
    (suites / "wrong.yaml").write_text("suite: X\ncategory: x\ncases: []\nnonsense: 1\n")
    out = listed("cases", ".", code=1)
    assert "good" in out
    assert "in wrong.yaml; the cases with errors are not listed" in out


def test_servers_have_their_options_and_variants(listed: List) -> None:
    servers = {one["name"]: one for one in of(listed("servers", "--format", "json"))}
    assert set(servers) >= {"gunicorn", "uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian", "daphne"}
    assert "two-workers" in [one["name"] for one in servers["gunicorn"]["variants"]]
    assert servers["daphne"]["loops"] == ["auto", "asyncio"]
    assert "~two-workers: --workers 2" in listed("servers")


def test_targets_of_servers_that_are_named(listed: List) -> None:
    items = of(listed("targets", ".", "--server", "gunicorn==26.2.0~two-workers", "--format", "json"))
    assert {(one["server"], one["release"], one["variant"]) for one in items} == {
        ("gunicorn", "==26.2.0", "two-workers")
    }
    assert items[0]["id"].startswith("gunicorn==26.2.0~two-workers-")
    assert "did you mean" in listed("targets", ".", "--server", "gunicron", code=2)


def test_targets_of_frameworks_that_are_named(listed: List) -> None:
    items = of(listed("targets", "--framework", "starlette", "--server", "gunicorn", ".", "--format", "json"))
    assert {one["framework"] for one in items} == {"starlette"}
    assert "did you mean 'starlette'" in listed("targets", ".", "--framework", "starlet", code=2)


def test_who_offers_what_a_case_may_need(listed: List) -> None:
    offered = {one["name"]: one["servers"] for one in of(listed("capabilities", "--format", "json"))}
    assert "daphne" in offered["websocket"]
    assert "daphne" not in offered["lifespan"] + offered["uvloop"]


def test_gateways_say_in_front_of_whom_they_stand(listed: List) -> None:
    found = {one["name"]: one for one in json.loads(listed("gateways", "--format", "json"))}
    assert found["nginx-fastcgi"]["speaks"] == "fastcgi"
    assert "fcgisgi" in found["nginx-fastcgi"]["servers"]
    assert "fcgisgi" not in found["nginx-http"]["servers"]
    assert "keep_conn" not in found["nginx-uwsgi"]["options"]
    servers = {one["name"]: one for one in json.loads(listed("servers", "--format", "json"))}
    assert servers["flup"]["interfaces"] == ["wsgi"]
    assert servers["gunicorn"]["speaks"] == ["http", "uwsgi"]
    assert servers["gunicorn"]["speaks_in_some_releases"] == ["fastcgi"]


def test_targets_behind_a_gateway_that_is_named(listed: List) -> None:
    found = json.loads(listed("targets", "--server", "pyuwsgi", "--gateway", "nginx-uwsgi", "--format", "json"))
    assert {one["gateway"] for one in found} <= {"nginx-uwsgi"}
    assert listed("targets", "--server", "hypercorn", "--gateway", "nginx-http").count("behind nginx-http") > 0


@pytest.mark.parametrize("name", ["a-file", "nothing"])
def test_a_place_of_results_that_is_no_folder_is_a_usage_error(listed: List, suites: Path, name: str) -> None:
    (suites / "a-file").write_text("")
    for what in (["runs"], ["cases"], []):
        output = listed(*what, "--results", name, code=2)
        assert name in output
        assert "no folder" in output
        assert "name the folder with --results" in output


def test_no_runs_where_nobody_has_run_anything_yet(listed: List, suites: Path) -> None:
    shutil.rmtree(suites / "results")
    assert listed("runs") == "no runs\n"
    (suites / "results").write_text("")
    assert "name the folder with --results" in listed("runs", code=2)


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "last", "a"),
        ("logs",),
        ("grid", "--from", "last"),
        ("compare", "last", "last~1"),
        ("baseline", "check"),
        ("baseline", "update"),
    ],
)
def test_commands_that_read_runs_need_a_folder_of_them(
    suites: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(suites)
    (suites / "a-file").write_text("")
    for name in ("a-file", "nothing"):
        assert main([*command, "--results", name]) == 2
        output = capsys.readouterr().err
        assert name in output
        assert "\n  " in output


@pytest.mark.parametrize(("now", "before"), [(sort.name, sort.formerly) for sort in sorts().values() if sort.formerly])
def test_former_names_of_lists_are_still_read(listed: List, now: str, before: str) -> None:
    assert listed(before) == listed(now) != ""


def test_three_lists_have_a_former_name() -> None:
    assert {sort.formerly for sort in sorts().values() if sort.formerly} == {"kinds", "notations", "acts"}


def test_mutants_are_listed_on_request(listed: List) -> None:
    assert "--mutant" not in listed("servers").replace("--mutants lists them", "")
    assert "mutants with one fault each; --mutants lists them" in " ".join(listed("servers").split())
    assert "~no-date: " in listed("servers", "--mutants")
