"""The endpoints of a contract, by the results of the cases that use them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.contract_check import about, required, server_for, states, suites_of, uses
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.model.case import Case, RunsOn
from engine.model.verdict import JobResult, Verdict
from engine.targets.catalog.contract import Endpoint
from engine.targets.catalog.frameworks import Framework
from tests.execution.fakes import case as made
from tests.results.synthetic import result, row

HEALTH = Endpoint("http", "GET", "/health", "OK")
STATUS = Endpoint("http", "GET", "/status/{code}", "That status")
ECHO = Endpoint("http", "POST", "/echo", "The body")
SOCKET = Endpoint("websocket", "", "/ws/echo", "Each message")


def case(name: str, *endpoints: str, runs_on: RunsOn = RunsOn.FRAMEWORKS) -> Case:
    return made(id=name, stem=name, endpoints=endpoints, runs_on=runs_on)


def of(one: Case, verdict: Verdict) -> JobResult:
    found = result(row("reference falcon"), verdict)
    return replace(found, file=one.file, case=one.id)


@pytest.mark.parametrize(
    ("endpoint", "words", "expected"),
    [
        (HEALTH, ("GET /health",), True),
        (HEALTH, ("POST /health",), False),
        (HEALTH, ("/health",), False),
        (STATUS, ("GET /scope", "GET /status/404"), True),
        (STATUS, ("GET /status",), False),
        (SOCKET, ("/ws/echo",), True),
        (SOCKET, ("GET /ws/echo",), False),
        (HEALTH, ("?",), False),
        (HEALTH, (), False),
    ],
)
def test_the_cases_that_use_an_endpoint(endpoint: Endpoint, words: tuple[str, ...], expected: bool) -> None:
    assert uses(case("a", *words), endpoint) is expected


def test_only_cases_for_all_apps_are_about_a_contract() -> None:
    cases = [
        case("all", "GET /health"),
        case("wsgi", "GET /health", runs_on=RunsOn.WSGI),
        case("bare", "GET /health", runs_on=RunsOn.CONTROL),
        case("other", "GET /other"),
    ]
    assert [one.id for one in about(cases, [HEALTH])] == ["all", "wsgi"]


def test_required_endpoints_are_those_that_the_declaration_offers() -> None:
    endpoints = [
        HEALTH,
        Endpoint("http", "GET", "/bare", "", bare=True),
        Endpoint("http", "GET", "/f", "", needs="files"),
    ]
    framework = Framework("falcon", "Falcon", "app:app", Path("falcon"))
    assert required(endpoints, framework) == [HEALTH]
    assert len(required(endpoints, replace(framework, offers=frozenset({"files"})))) == 2


def test_an_endpoint_is_done_if_cases_ran_and_none_failed() -> None:
    health, echo, both = case("h", "GET /health"), case("e", "POST /echo"), case("b", "GET /health", "POST /echo")
    results = [of(health, Verdict.PASS), of(both, Verdict.PASS), of(echo, Verdict.FAIL)]
    found = {one.name: one for one in states([HEALTH, ECHO, SOCKET], [health, echo, both], results)}
    assert found["GET /health"].is_done
    assert found["GET /health"].passed == 2
    assert not found["POST /echo"].is_done
    assert [one.case for one in found["POST /echo"].failing] == ["e"]
    assert not found["WebSocket /ws/echo"].is_done
    assert not found["WebSocket /ws/echo"].failing


def test_a_case_of_several_endpoints_fails_for_the_one_that_fails_by_itself() -> None:
    health, echo, both = case("h", "GET /health"), case("e", "POST /echo"), case("b", "GET /health", "POST /echo")
    results = [of(health, Verdict.PASS), of(echo, Verdict.FAIL), of(both, Verdict.FAIL)]
    found = states([HEALTH, ECHO], [health, echo, both], results)
    assert [[one.case for one in each.failing] for each in found] == [[], ["e", "b"]]
    found = states([HEALTH, ECHO], [health, both], [of(health, Verdict.PASS), of(both, Verdict.FAIL)])
    assert [[one.case for one in each.failing] for each in found] == [["b"], ["b"]]


def test_the_server_is_the_engine_s_own() -> None:
    engine = Engine(find())
    assert server_for(engine.frameworks, "starlette@../x") == "reference"
    assert server_for(engine.frameworks, "flask") == "reference-wsgi"
    with pytest.raises(UsageError, match="falco"):
        server_for(engine.frameworks, "falco")
    for name in ("starlette", "flask"):
        assert all(path.exists() for path in suites_of(engine.frameworks[name], engine.project_paths.specs))
