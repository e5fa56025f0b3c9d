from __future__ import annotations

from typing import Any

import pytest

from engine.loading.documents import load_text
from engine.loading.read.cases import bound_to_http1
from engine.model.case import Level, RunsOn, Selector, Skip
from engine.model.requirements import Requirement
from tests.loading.helpers import HEAD, OK, cases, suite
from tests.loading.vocabulary import real
from tests.steps.reader import STEP_TYPES, steps


def test_what_a_case_says_for_itself() -> None:
    extra = """\
note: Why so
cite: [SCOPE-02, RESP-01]
level: may
runs_on: control
needs: [lifespan]
only: {servers: [gunicorn], loops: [uvloop]}
skip: [{gateways: [nginx-http], because: it cannot}]
server: {keep_alive: 2s, message_limit: 64KiB, workers: 2, tls: true, flags: [--a, b]}
process: own
alone: counter
timeout: 20s
tags: [slow]
since: "0.2"
"""
    [case] = cases(suite(OK, extra))
    assert (case.id, case.stem, case.variant, case.title, case.note) == ("one", "one", "", "One", "Why so")
    assert (case.suite, case.category, case.file) == ("A suite", "some", "text.yaml")
    assert (case.cite, case.level, case.runs_on) == (("SCOPE-02", "RESP-01"), Level.MAY, RunsOn.CONTROL)
    assert case.needs == ("lifespan",)
    assert case.only == Selector(servers=("gunicorn",), loops=("uvloop",))
    assert case.skip == (Skip(Selector(gateways=("nginx-http",)), "it cannot"),)
    assert case.server == {"keep_alive": 2.0, "message_limit": 65536, "workers": 2, "tls": True, "flags": ("--a", "b")}
    assert (case.own_process, case.alone, case.timeout, case.tags) == (True, "counter", 20.0, ("slow",))
    assert case.since == case.header.since == "0.2"
    assert case.address == "text.yaml::one"
    assert (case.place.line, case.place.column) == (6, 9)


def test_the_risk_is_the_greatest_of_the_clauses_that_a_case_cites() -> None:
    [greatest] = cases(suite(OK, "cite: [SCOPE-02, RESP-01]"))
    assert greatest.risk == greatest.header.risk == "dos"
    [least] = cases(suite(OK))
    assert least.risk == "courtesy"
    # Processes of xdist exchange only values of exactly the basic types.
    assert type(greatest.risk) is str


def test_a_mapping_among_the_options_is_read_with_its_units() -> None:
    said = "server: {ping: {timeout: 2s, interval: 500ms}, limits: {fields: 9, body: 1KiB}, env: {B: b, A: a}}"
    [case] = cases(suite(OK, said))
    assert case.server == {
        "ping": (("interval", 0.5), ("timeout", 2.0)),
        "limits": (("body", 1024), ("fields", 9)),
        "env": (("A", "a"), ("B", "b")),
    }


def test_what_tls_is_told_of() -> None:
    for said, expected in (("true", True), ("{client_cert: optional}", "optional"),
                           ("{client_cert: required}", "required")):  # fmt: skip
        [case] = cases(suite(OK, f"server: {{tls: {said}}}"))
        assert case.server == {"tls": expected}
    # A case that is to have none among others that have it shares the server of those that say nothing.
    [case] = cases(suite(OK, "server: {tls: false}"))
    assert case.server == {}


def test_what_a_suite_says_for_its_cases() -> None:
    text = HEAD.replace("cases:", "needs: [state]\nserver: {workers: 2}\nruns_on: wsgi\ncases:")
    steps = OK.replace("/scope", "/environ")
    one, two = (
        f"{{id: a, title: A, steps: {steps}}}",
        f"{{id: b, title: B, level: should, needs: [tls], steps: {steps}}}",
    )
    first, second = cases(f"{text}  - {one}\n  - {two}\n")
    assert (first.level, first.cite, first.needs, first.server) == (
        Level.MUST,
        ("SCOPE-01",),
        ("state",),
        {"workers": 2},
    )
    assert (second.level, second.needs, second.runs_on) == (Level.SHOULD, ("tls",), RunsOn.WSGI)


def test_defaults() -> None:
    [case] = cases(suite(OK))
    assert (case.runs_on, case.timeout, case.alone, case.own_process) == (RunsOn.FRAMEWORKS, 10.0, "", False)
    [case] = cases(suite(OK, "alone: true"))
    assert case.alone == "all"
    [case] = cases(suite(OK, "alone: false"))
    assert case.alone == ""


def test_what_steps_ask_for() -> None:
    [case] = cases(
        suite("[{websocket: {connect: /ws/echo, expect: {status: 101}}}, {parallel: {a: [{signal: TERM}]}}]")
    )
    assert case.needs == ("websocket",)
    assert case.own_process


def test_a_matrix_makes_cases() -> None:
    text = suite(
        "[{request: {path: /status/$(code), expect: {status: {var: code}}}}]", "matrix: {code: {fine: 200, gone: 404}}"
    )
    found = cases(text.replace("title: One", "title: Status $(code)"))
    assert [(case.id, case.stem, case.variant, case.title) for case in found] == [
        ("one[fine]", "one", "fine", "Status fine"),
        ("one[gone]", "one", "gone", "Status gone"),
    ]
    assert [case.body.variables for case in found] == [{"code": 200}, {"code": 404}]
    assert [case.body.steps[0].params for case in found] == [{"path": "/status/200"}, {"path": "/status/404"}]


def test_a_header_says_what_planning_needs_of_the_body() -> None:
    steps = (
        "[{repeat: {times: 2, steps: [{request: {path: /scope, expect: {status: 200}}}, {app: {expect: {calls: 1}}}]}}]"
    )
    [case] = cases(suite(steps))
    assert (case.requires, case.scripted, case.own_process) == ({Requirement.OBSERVER: "app"}, False, False)
    [case] = cases(suite(OK, "application: {http: [{respond: {status: 200}}]}"))
    assert (case.scripted, case.own_process) == (True, False)
    [case] = cases(suite(OK, "application: {lifespan: [{receive: {}}]}"))
    assert (case.scripted, case.own_process) == (True, True)


def endpoints(steps: str) -> tuple[str, ...]:
    text = f"{HEAD}  - id: one\n    title: One\n    runs_on: applications\n    steps: {steps}\n"
    loaded = load_text(text, real())
    assert not loaded.diagnostics
    (case,) = loaded.whole
    return case.endpoints


def test_the_endpoints_that_steps_name() -> None:
    a, b = (
        "{request: {path: '/a?b=c', expect: {status: 200}}}",
        "{request: {path: /a, method: POST, expect: {status: 200}}}",
    )
    assert endpoints(f"[{a}, {b}, {a}]") == ("GET /a", "POST /a")
    assert endpoints("[{websocket: {connect: /ws, script: [{send: {text: a}}, {receive: {expect: {text: a}}}]}}]") == (
        "/ws",
    )


def test_the_endpoints_of_calls_without_a_server_are_those_of_their_scopes() -> None:
    drive = "[{drive: {scope: {type: %s}, expect: {returned: true}}}]"
    assert endpoints(drive % "http, method: PUT, path: /a") == ("PUT /a",)
    assert endpoints(drive % "websocket, path: /ws") == ("/ws",)
    assert endpoints(drive % "bogus") == endpoints(drive % "lifespan") == ()


def test_the_endpoints_of_raw_bytes_are_unknown() -> None:
    steps = '[{tcp: {script: [{send: {head: "GET /a HTTP/1.1"}}, {response: {expect: {status: 400}}}]}}]'
    assert endpoints(steps) == ("?",)


def test_a_case_about_applications_needs_neither_a_clause_nor_a_contract() -> None:
    text = "suite: A\ncategory: b\nlevel: must\n%scases:\n  - id: one\n    title: One\n    steps: %s\n"
    steps = "[{request: {path: /nowhere, expect: {status: 200}}}]"
    assert {one.code for one in load_text(text % ("", steps), real()).diagnostics} == {
        "missing-key",
        "unknown-endpoint",
    }
    assert load_text(text % ("runs_on: applications\n", steps), real()).diagnostics == ()


def test_what_binds_a_case_to_http_1() -> None:
    plain = {"request": {"path": "/scope"}}
    bound = {"request": {"path": "/scope", "version": "1.0"}}
    tcp = {"tcp": {"script": [{"send": "x"}]}}

    def reason(*several: Any) -> str:
        return bound_to_http1(steps(*several), STEP_TYPES)

    assert reason(plain) == reason(plain, {"app": {"expect": {"called": True}}}) == ""
    assert reason(plain, bound) == "it sets `version` (`request` in line 1)"
    assert reason(plain, {"repeat": {"times": 2, "steps": [tcp]}}) == "it sends the bytes of HTTP/1.1 (`tcp` in line 1)"
    assert reason({"http2": {"script": [{"headers": {}}]}}) == ""
    assert reason({"pause": "1ms"}) == reason() == "no step sends a request"


@pytest.mark.parametrize(
    ("steps", "without"), [("[DRIVE]", True), ("[DRIVE, DRIVE]", True), (OK, False), (f"[DRIVE, {OK[1:]}", False)]
)
def test_a_case_without_a_server_only_calls_the_app(steps: str, without: bool) -> None:
    drive = "{drive: {scope: {type: http, path: /scope}, expect: {returned: true}}}"
    loaded = load_text(suite(steps.replace("DRIVE", drive)), real())
    assert loaded.diagnostics == ()
    assert [case.without_server for case in loaded.whole] == [without]


@pytest.mark.parametrize(
    ("key", "seconds"),
    [("", 10.0), ("process: own", 30.0), ("may_die: true", 30.0), ("process: own, timeout: 5s", 5.0)],
    ids=["shared", "own", "may die", "stated"],
)
def test_a_server_of_its_own_gives_a_case_more_time(key: str, seconds: float) -> None:
    [case] = cases(suite(OK, key.replace(", ", "\n")))
    assert (case.timeout, case.is_long) == (seconds, False)
