"""Each rule says nothing where a document is right, and what is wrong where it is not."""

from __future__ import annotations

import pytest

from engine.loading.diagnostics import Diagnostic
from engine.loading.documents import load_text
from tests.loading.helpers import HEAD, OK, codes, load, suite
from tests.loading.vocabulary import real

R = "path: /scope, expect: {status: 200}"


def found(steps: str, extra: str = "") -> list[tuple[str, str]]:
    """Code and the text under the caret of each mistake."""
    text = suite(steps, extra)
    lines = text.split("\n")

    def under(one: Diagnostic) -> str:
        return lines[one.place.line - 1][one.place.column - 1 :][: one.place.length]

    return [(one.code, under(one)) for one in load(text).diagnostics]


# evaluation


@pytest.mark.parametrize(
    ("steps", "extra", "wrong"),
    [
        ("[{request: {path: /scope}}]", "", True),
        ("[{request: {path: /scope, record: {a: status}}}]", "", True),
        ("[{request: {path: /scope, record: {a: status}}}]", "level: may", False),
        ("[{request: {path: /scope}}]", "level: may", True),
        ("[{request: {path: /scope, should: {status: 200}}}]", "", False),
        ("[{tcp: {script: [{response: {expect: {status: 200}}}]}}]", "", False),
        ("[{repeat: {times: 2, steps: [{request: {path: /scope, expect: {status: 200}}}]}}]", "", False),
    ],
)
def test_a_case_evaluates_something(steps: str, extra: str, wrong: bool) -> None:
    assert found(steps, extra) == ([("evaluates-nothing", "one")] if wrong else [])


@pytest.mark.parametrize(
    ("app", "wrong"),
    [
        ("expect: {calls: 0}", "0"),
        ("expect: {calls: {equals: 0}}", "{equals: 0}"),
        ("expect: {calls: {at_most: 0}}", "{at_most: 0}"),
        ("expect: {any_of: [{calls: 0}, {paths: []}]}", "0"),
        ("expect: {calls: 0}, quiet: 300ms", ""),
        ("expect: {calls: 1}", ""),
    ],
)
def test_no_calls_need_a_quiet_time(app: str, wrong: str) -> None:
    assert found(f"[{{request: {{{R}}}}}, {{app: {{{app}}}}}]") == ([("no-quiet", wrong)] if wrong else [])


# facts


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("expect: {header.date: a, json.a.b: 1, json: [1], headers.a: []}", []),
        ("expect: {statsu: 200}", [("unknown-fact", "statsu")]),
        ("expect: {any_of: [{statsu: 200}, {header: 1}]}", [("unknown-fact", "statsu"), ("unknown-fact", "header")]),
        ("should: {calls: 1}", [("unknown-fact", "calls")]),
        (
            "expect: {status: 200}, record: {a: jsn}, capture: {b: bdy}",
            [("unknown-fact", "jsn"), ("unknown-fact", "bdy")],
        ),
        ("expect: {elapsed: {at_most: 2}}", [("unit", "2")]),
        ("expect: {elapsed: 2}", [("unit", "2")]),
        ("expect: {elapsed: {at_most: 2s, at_least: {var: run}}}", []),
        ("expect: {elapsed: {at_most: 2B}}", [("unit", "2B")]),
        ("expect: {elapsed: soon}", [("unit", "soon")]),
        ("expect: {elapsed: {not: {any_of: [1, 2s]}}}", [("unit", "1")]),
        ("expect: {body.size: {at_least: 5}}", [("unit", "5")]),
        ("expect: {body.size: {at_least: 5s}}", [("unit", "5s")]),
        ("expect: {body.size: 5KiB, json.elapsed: {at_most: 1s}}", []),
        ("expect: {status: {at_least: 200ms}}", [("unit", "200ms")]),
    ],
)
def test_facts(body: str, expected: list[tuple[str, str]]) -> None:
    assert found(f"[{{request: {{path: /scope, {body}}}}}]") == expected


def test_the_nearest_fact_is_named() -> None:
    [one] = load(suite("[{request: {path: /scope, expect: {haeder.date: x}}}]")).diagnostics
    assert one.hint == "did you mean 'header.date'?"


# variables


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("[{GET, query: {a: $(run), b: $$(x), c: $(host)}, OK}}]", []),
        ("[{GET, query: {a: x$(nope)}, OK}}]", ["$(nope)"]),
        ("[{GET, capture: {a: json.b}, OK}}, {GET, expect: {json: {var: a}}}}]", []),
        ("[{GET, expect: {json: {var: a}}}}, {GET, capture: {a: json.b}}}]", ["a"]),
        ("[{GET, capture: {a: json}, expect: {json: {var: a.b}}}}]", ["a.b"]),
        ("[{GET, capture: {a: json}}}, {GET, expect: {json: {var: a.b.0}}}}]", []),
        ("[{repeat: {times: 2, steps: [{GET, query: {n: $(n)}, expect: {json: {var: n}}}}]}}]", []),
        ("[{repeat: {times: 2, index: i, steps: [{GET, query: {n: $(n), i: $(i)}, OK}}]}}]", ["$(n)"]),
        ("[{repeat: {times: {var: n}, steps: [{GET, OK}}]}}]", ["n"]),
        ("[{repeat: {times: 2, steps: [{GET, capture: {s: json}}}], expect: {all.s: {var: all.s}}}}]", []),
        ("[{repeat: {times: 2, steps: [{GET, capture: {s: json}}}], expect: {all.s: {var: all.t}}}}]", ["all.t"]),
        ("[{repeat: {times: 2, steps: [{GET, capture: {s: json}}}]}}, {GET, expect: {json: {var: s}}}}]", ["s"]),
        ("[{parallel: {a: [{GET, capture: {x: json}}}]}}, {GET, expect: {json: {var: x}}}}]", []),
        ("[{parallel: {a: [{GET, capture: {x: json}}}], b: [{GET, expect: {json: {var: x}}}}]}}]", ["x"]),
        (
            "[{tcp: {script: [{response: {capture: {x: json}}}, {send: $(x)}, {response: {OK}}, {pause: {var: x}}]}}]",
            [],
        ),
        ("[{tcp: {script: [{send: [a, {var: nope}]}, {response: {OK}}]}}]", ["nope"]),
        ("[{GET, headers: {$(nope): a}, OK}}]", ["$(nope)"]),
        ("[{GET, expect: {json: {equals: {var: nope, b: 1}}}}}]", []),
        ("[{GET, expect: {json: {var: nope, present: true}}}}]", ["nope"]),
    ],
)
def test_variables(steps: str, expected: list[str]) -> None:
    steps = steps.replace("GET", "request: {path: /scope").replace("OK", "expect: {status: 200}")
    assert found(steps) == [("unknown-variable", one) for one in expected]


def test_a_script_cannot_know_captures() -> None:
    steps = "[{request: {path: /, capture: {a: status}, expect: {status: 200}}}]"
    script = "application: {http: [{respond: {status: 200, body: $(a)}}, {mark: $(run)}]}"
    assert found(steps, script) == [("unknown-variable", "$(a)")]


# references


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("request: {path: /scope/a%20b}", []),
        ("request: {path: /status/404}", []),
        ("request: {path: /status/$(run)}", []),
        ('request: {path: "/delay?seconds=3"}', []),
        ("request: {path: /scop}", ["/scop"]),
        ("request: {path: /echo}", ["/echo"]),
        ("request: {path: /echo, method: POST}", []),
        ("websocket: {connect: /ws/echo}", []),
        ("websocket: {connect: /echo}", ["/echo"]),
        ("parallel: {a: [{request: {path: /nowhere}}]}", ["/nowhere"]),
    ],
)
def test_endpoints(step: str, expected: list[str]) -> None:
    assert found(f"[{{{step}}}, {OK[1:-1]}]") == [("unknown-endpoint", one) for one in expected]


@pytest.mark.parametrize(
    ("application", "wrong"),
    [
        ("{http: [{respond: {status: 200}}]}", False),
        ("{paths: {/other: [{respond: {status: 200}}]}}", False),
        ("{websocket: [{accept: {}}]}", True),
        ("{paths: {/x: [{respond: {status: 200}}]}}", True),
    ],
)
def test_a_script_stands_for_the_contract(application: str, wrong: bool) -> None:
    steps = '[{request: {path: "/other?a=1", expect: {status: 200}}}]'
    assert [code for code, _ in found(steps, f"application: {application}")] == (["unknown-endpoint"] if wrong else [])


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("request: {path: /environ}", []),
        ("request: {path: /}", []),
        ("request: {path: /scope}", ["/scope"]),
        ("request: {path: /echo}", ["/echo"]),
        ("websocket: {connect: /ws/echo}", ["/ws/echo"]),
    ],
)
def test_the_wsgi_apps_have_a_contract_of_their_own(step: str, expected: list[str]) -> None:
    steps = f"[{{{step}}}, {{request: {{path: /, expect: {{status: 200}}}}}}]"
    assert found(steps, "runs_on: wsgi") == [("unknown-endpoint", one) for one in expected]


def test_what_the_wsgi_apps_alone_answer_is_no_other_apps() -> None:
    assert found("[{request: {path: /environ, expect: {status: 200}}}]") == [("unknown-endpoint", "/environ")]


def test_citations() -> None:
    assert found(OK, "cite: [SCOPE-01, SCOPE-9]") == [("unknown-clause", "SCOPE-9")]
    assert codes(suite(OK).replace("cite: [SCOPE-01]\n", "")) == ["missing-key"]


@pytest.mark.parametrize(
    ("of", "known"),
    [("first", True), ("conn", True), ("raw", True), ("lifespan", True), ("all", True), ("frist", False)],
)
def test_names_of_steps_and_connections(of: str, known: bool) -> None:
    steps = (
        "[{request: {path: /scope, as: first, connection: conn}}, {tcp: {as: raw, script: [{send: x}]}}, "
        f"{{app: {{of: {of}, expect: {{calls: 1}}}}}}]"
    )
    assert found(steps) == ([] if known else [("unknown-step-name", of)])


# marks


@pytest.mark.parametrize(
    ("steps", "script", "expected"),
    [
        ("{await: a}", "{mark: a}", []),
        ("{mark: a}", "{await: a}", []),
        ("{tcp: {script: [{await: a}]}}", "{spawn: {as: t, script: [{mark: a}]}}", []),
        ("{await: a}", "{sleep: 1s}", [("unset-mark", "a")]),
        ("{pause: 1s}", "{await: a}", [("unset-mark", "a")]),
        ("{mark: a}", "{sleep: 1s}", [("unawaited-mark", "a")]),
        ("{mark: a-$(run)}", "{sleep: 1s}", []),
    ],
)
def test_marks(steps: str, script: str, expected: list[tuple[str, str]]) -> None:
    whole = f"[{steps}, {{request: {{path: /, expect: {{status: 200}}}}}}]"
    assert found(whole, f"application: {{http: [{script}, {{respond: {{status: 200}}}}]}}") == expected


# targets


@pytest.mark.parametrize("runs_on", ["frameworks", "wsgi"])
def test_the_control_alone_plays_scripts(runs_on: str) -> None:
    extra = f"runs_on: {runs_on}\napplication: {{http: [{{respond: {{status: 200}}}}]}}"
    assert found(OK, extra) == [("runs-on", runs_on)]


def test_what_goes_past_a_gateway_names_it() -> None:
    steps = "[{fastcgi: {script: [{begin: {}}, {response: {expect: {status: 200}}}]}}]"

    def wrong(extra: str) -> list[str]:
        found = load_text(suite(steps, extra), real()).diagnostics
        return [one.code for one in found if one.code == "no-gateway"]

    assert wrong("runs_on: wsgi") == wrong("runs_on: wsgi\nonly: {servers: [fcgisgi]}") == ["no-gateway"]
    assert wrong("runs_on: wsgi\nonly: {gateways: [nginx-fastcgi]}") == []


def test_flags_belong_to_one_server() -> None:
    assert found(OK, "server: {flags: [--a]}") == [("flags", "flags")]
    assert found(OK, "server: {flags: [--a]}\nonly: {servers: [daphne, gunicorn]}") == [("flags", "flags")]
    assert found(OK, "server: {flags: [--a]}\nonly: {servers: [gunicorn]}") == []


def test_a_level_is_needed() -> None:
    assert codes(suite(OK).replace("level: must\n", "")) == ["missing-key"]


# suites


def case(name: str, extra: str = "") -> str:
    return f"  - {{id: {name}, title: A, steps: {OK}{extra}}}\n"


def test_ids_are_unique() -> None:
    assert codes(HEAD + case("a") + case("b") + case("a")) == ["duplicate-id"]


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": "b"}, []),
        ({"a": "b", "b": "c"}, []),
        ({"a": "d"}, ["unknown-case"]),
        ({"a": "a"}, ["dependency-loop"]),
        ({"a": "b", "b": "a"}, ["dependency-loop", "dependency-loop"]),
        ({"a": "b", "b": "c", "c": "a"}, ["dependency-loop"] * 3),
    ],
)
def test_dependencies(needs: dict[str, str], expected: list[str]) -> None:
    text = "".join(case(name, f", depends_on: [{needs[name]}]" if name in needs else "") for name in "abc")
    assert codes(HEAD + text) == expected
