"""Each rule says nothing where a document is right, and what is wrong where it is not."""

from __future__ import annotations

import pytest

from engine.documents.diagnostics import Diagnostic
from engine.loading.documents import load_text
from tests.loading.helpers import HEAD, OK, codes, load, suite
from tests.loading.vocabulary import real

R = "path: /scope, expect: {status: 200}"


def found(steps: str, extra: str = "") -> list[tuple[str, str]]:
    """Code and the text under the caret of each error."""
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
        ("expect: {calls: 0}", ["0"]),
        ("should: {calls: 0}", ["0"]),
        ("expect: {calls: {equals: 0}}", ["{equals: 0}"]),
        ("expect: {calls: {at_most: 0}}", ["{at_most: 0}"]),
        ("expect: {calls: {at_most: 1}}", ["{at_most: 1}"]),
        ("expect: {calls: {any_of: [0, 1]}}", ["{any_of: [0, 1]}"]),
        ("expect: {calls: {not: {at_least: 1}}}", ["{not: {at_least: 1}}"]),
        ("expect: {calls: {not: 1}}", ["{not: 1}"]),
        ("expect: {any_of: [{calls: 0}, {paths: []}]}", ["0", "[]"]),
        ("expect: {calls: 0}, quiet: 300ms", []),
        ("expect: {calls: 1}", []),
        ("expect: {calls: {at_least: 1, at_most: 6}}", []),
        ("expect: {paths: [/x]}", []),
    ],
)
def test_no_calls_need_a_quiet_time(app: str, wrong: list[str]) -> None:
    assert found(f"[{{request: {{{R}}}}}, {{app: {{{app}}}}}]") == [("no-quiet", one) for one in wrong]


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


@pytest.mark.parametrize(
    "step",
    [
        "request: {path: $(nope), OK}",
        "request: {path: /nowhere/$(nope), OK}",
        "app: {of: $(nope), expect: {calls: 1}}",
        "pause: $(nope)",
    ],
)
def test_an_unknown_variable_is_the_only_error_of_its_value(step: str) -> None:
    step = step.replace("OK", "expect: {status: 200}")
    assert found(f"[{OK[1:-1]}, {{{step}}}]") == [("unknown-variable", "$(nope)")]
    assert real_codes(OK, "cite: [$(nope)]") == ["unknown-variable"]


def test_a_path_that_begins_with_a_variable_is_any_endpoint() -> None:
    steps = "[{request: {path: /scope, capture: {a: json.path}}}, {request: {path: $(a), expect: {status: 200}}}]"
    assert found(steps) == []


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


def test_what_only_the_bare_wsgi_app_answers_is_asked_of_no_other() -> None:
    steps = "[{request: {path: /bare, expect: {status: 200}}}]"
    assert found(steps, "runs_on: wsgi") == [("bare-endpoint", "/bare")]
    assert found(steps, "runs_on: wsgi\nonly: {frameworks: [wsgi-control, fastapi]}") == [("bare-endpoint", "/bare")]
    assert found(steps, "runs_on: wsgi\nonly: {frameworks: [wsgi-control]}") == []


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


def test_a_suite_without_any_level_has_one_error() -> None:
    head = HEAD.replace("level: must\n", "")
    assert codes(head + case("a")) == ["missing-key"]
    assert codes(head + case("a") + case("b")) == ["missing-key"]
    assert codes(head + case("a", ", level: may") + case("b") + case("c")) == ["missing-key"] * 2


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


@pytest.mark.parametrize(
    ("needed", "expected"),
    [("b[x]", []), ("b", []), ("b[z]", ["unknown-case"]), ("a[x]", ["unknown-case"]), ("c[x]", ["dependency-loop"])],
)
def test_a_dependency_on_one_value_of_a_matrix(needed: str, expected: list[str]) -> None:
    text = case("a") + case("b", ", matrix: {v: [x, q]}").replace("path: /scope", "path: /scope, query: $(v)")
    text += case("c", f", depends_on: ['{needed}']")
    assert codes(HEAD + text) == expected


# what is read before the run, and forms of other tools


def real_codes(steps: str, extra: str = "") -> list[str]:
    return [one.code for one in load_text(suite(steps, extra), real()).diagnostics]


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        ("calls: {less_than: 2}", True),
        ("calls: {all_of: [{at_most: 1}, {not: 1}]}", True),
        ("calls: {all_of: [{at_most: 1}, {not: 0}]}", False),
        ("paths: {none: /x}", True),
        ("paths: {length: 0}", True),
        ("paths: {some: /x, none: /y}", False),
    ],
)
def test_whatever_holds_before_anything_has_happened_needs_a_quiet_time(expected: str, wrong: bool) -> None:
    steps = "[{request: {path: /scope}}, {app: {expect: {%s}%s}}]"
    assert real_codes(steps % (expected, "")) == (["no-quiet"] if wrong else [])
    assert real_codes(steps % (expected, ", quiet: 300ms")) == []


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ("[{tcp: {script: [{send: a}, {closed: {}}]}}, {app: {expect: {calls: 1}}}]", True),
        ("[{tcp: {as: t, script: [{closed: {}}]}}, {request: {path: /}}, {app: {of: t, expect: {calls: 1}}}]", True),
        ("[{tcp: {script: [{send: a}, {closed: {}}]}}]", False),
        ("[{request: {path: /}}, {app: {expect: {calls: 1}}}]", False),
    ],
)
def test_raw_calls_have_no_client_on_a_unix_socket(steps: str, wrong: bool) -> None:
    assert ("no-port" in real_codes(steps, "server: {listen: unix}")) is wrong
    assert "no-port" not in real_codes(steps, "server: {listen: ipv6}")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("A_1", False), ("WEB_CONCURRENCY", False), ("1A", True), ("A-B", True), ("PATH", True), ("ENGINE_DESK", True)],
)
def test_an_environment_variable_has_a_name_that_the_engine_does_not_use(name: str, wrong: bool) -> None:
    assert real_codes(OK, f"server: {{env: {{{name}: a}}}}") == ["env"] * wrong


@pytest.mark.parametrize(
    ("extra", "wrong"),
    [
        ("server: {flags: [$(port), --bind=$(address)]}\nonly: {servers: [gunicorn]}", False),
        ("server: {root_path: $(port)}", True),
        ("server: {env: {A: $(port)}}", True),
        ("server: {flags: [$(host)]}\nonly: {servers: [gunicorn]}", True),
        ("server: {root_path: /$(run)}", True),
        ("server: {keep_alive: {var: t}}", True),
        ("timeout: {var: t}", True),
        ("tags: [$(a)]", True),
        ("note: $(a)", False),
        ("server: {root_path: /$(x)}\nmatrix: {x: [a]}", False),
        ("server: {flags: [$(x)]}\nonly: {servers: [gunicorn]}\nmatrix: {x: [a]}", False),
        ("timeout: {var: x}\nmatrix: {x: [1s]}", False),
        ("skip: [{servers: [daphne], because: costs $(a lot)}]", False),
    ],
)
def test_only_the_matrix_fills_in_what_is_read_before_the_run(extra: str, wrong: bool) -> None:
    assert real_codes(OK, extra) == ["unknown-variable"] * wrong


def test_titles_name_variables_of_the_matrix_alone() -> None:
    text = suite(OK, "matrix: {x: [/scope]}").replace("title: One", "title: $(x), $(run) and $(y)")
    found = load(text.replace("path: /scope", "path: $(x)")).diagnostics
    assert [(one.code, one.hint) for one in found] == [("unknown-variable", "known: x")] * 2
    assert load(suite(OK).replace("A suite", "A $(suite)")).diagnostics[0].code == "unknown-variable"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("a=${code}", ["variable"]),
        ("a={{code}}", ["variable"]),
        ("a={{ code.part }}", ["variable"]),
        ("a=${run}", ["variable"]),
        ("a=${nobody}", []),
        ("a={code}", []),
        ("a=$(code)", []),
        ("a=$$(code)", []),
    ],
)
def test_notations_of_other_tools(query: str, wrong: list[str]) -> None:
    steps = f"[{{request: {{path: /scope, query: '{query}', expect: {{status: {{var: code}}}}}}}}]"
    assert [code for code, _ in found(steps, "matrix: {code: [200]}")] == wrong


def test_names_of_the_matrix_are_among_those_that_a_hint_knows() -> None:
    text = suite("[{request: {path: /$(cod), expect: {status: {var: code}}}}]", "matrix: {code: [200]}")
    assert [one.hint for one in load(text).diagnostics if one.code == "unknown-variable"] == ["did you mean 'code'?"]


# outcomes of commands


@pytest.mark.parametrize(
    ("script", "expect", "wrong"),
    [
        ("[{receive: {as: got}}]", "result.got.ok: true", []),
        ("[{receive: {as: got}}]", "result.gott.ok: true", ["unknown-act-name"]),
        ("[{receive: {as: got}}]", "result.got: {present: true}", []),
        ("[{receive: {as: got}}]", "result.got.okay: true", ["unknown-fact"]),
        ("[{receive: {}}]", "result.got.ok: true", ["unknown-act-name"]),
        ("[{spawn: {as: t, script: [{receive: {as: got}}]}}, {join: t}]", "result.got.ok: true", []),
        ("[{spawn: {as: t, script: []}}, {join: tt}]", "calls: 1", ["unknown-act-name"]),
        ("[{receive: {as: t}}, {cancel: t}]", "calls: 1", ["unknown-act-name"]),
        ("[{raise: {class: RuntimeErorr}}]", "calls: 1", ["unknown-exception"]),
        ("[{raise: {class: RuntimeError}}]", "calls: 1", []),
        ("[{raise: {class: asyncio.CancelledError}}]", "calls: 1", ["unknown-exception"]),
    ],
)
def test_outcomes_of_commands(script: str, expect: str, wrong: list[str]) -> None:
    steps = f"[{{request: {{path: /scope}}}}, {{app: {{expect: {{{expect}}}}}}}]"
    assert real_codes(steps, f"application: {{http: {script}}}") == wrong


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SystemExit", "it is not a subclass of Exception"),
        ("KeyboardInterrupt", "it is not a subclass of Exception"),
        ("BaseExceptionGroup", "it is not a subclass of Exception"),
        ("StopAsyncIteration", "it has a special meaning in a coroutine"),
        ("UnicodeDecodeError", "it takes more than a message"),
    ],
)
def test_an_exception_that_exists_and_cannot_be_raised_has_a_reason(name: str, reason: str) -> None:
    text = suite(
        "[{request: {path: /scope}}, {app: {expect: {calls: 1}}}]",
        f"application: {{http: [{{raise: {{class: {name}}}}}]}}",
    )
    (found,) = load(text).diagnostics
    assert found.what == f"a script cannot raise {name!r}: {reason}"
    assert "did you mean" not in found.hint
    script = f"[{{fail_send: {{class: {name}}}}}]"
    drive = f"{{scope: {{type: http}}, script: {script}, expect: {{calls: 1}}}}"
    assert any(found.what in one.what for one in load_text(suite(f"[{{drive: {drive}}}]"), real()).diagnostics)


def test_outcomes_without_a_script() -> None:
    steps = "[{request: {path: /scope}}, {app: {expect: {result.got.ok: true}}}]"
    assert real_codes(steps) == ["unknown-act-name"]
    wsgi = "[{request: {path: /}}, {app: {expect: {result.close.ok: true}}}]"
    assert real_codes(wsgi, "runs_on: wsgi") == []


# headers that are spelt with _


@pytest.mark.parametrize(
    ("fact", "wrong"),
    [
        ("header.content_type", True),
        ("headers.Set_Cookie", True),
        ("trailer.content_length", True),
        ("header.my_own", False),
        ("header.content-type", False),
    ],
)
def test_headers_have_hyphens(fact: str, wrong: bool) -> None:
    steps = f"[{{request: {{path: /scope, expect: {{{fact}: {{present: true}}}}}}}}]"
    assert real_codes(steps) == ["unknown-fact"] * wrong
    script = (
        "application: {http: [{respond: {status: 200, headers: {Content_Type: a, set_cookie: b, Content_Length: c}}}]}"
    )
    assert real_codes(steps, script) == []


def test_a_fact_of_another_step_is_said_to_be_one() -> None:
    text = suite("[{request: {path: /scope, expect: {scope.path: /}}}]")
    assert [one.hint for one in load_text(text, real()).diagnostics] == ["it is a fact of `app` and `drive`"]


# lengths


def posted(length: str, body: str, expect: str = "status: 200") -> str:
    headers = f"headers: {{content-length: '{length}'}}"
    return f"[{{request: {{path: /echo, method: POST, {headers}, body: {body}, expect: {{{expect}}}}}}}]"


@pytest.mark.parametrize(
    ("steps", "warned"),
    [
        (posted("3", "abc"), False),
        (posted("4", "abc"), True),
        (posted("4", "abc", "status: 400"), False),
        (posted("4", "abc", "outcome: closed"), False),
        (posted("4", "abc", "any_of: [{status: 400}, {status: 200}]"), False),
        (posted("+3", "abc"), False),
        (posted("1024", "{fill: {size: 1KiB}}"), False),
        (posted("1023", "{fill: {size: 1KiB}}"), True),
        (posted("5", "$(run)"), False),
        (posted("99", "{fill: {size: 5MiB}}"), False),
    ],
)
def test_lengths_of_requests(steps: str, warned: bool) -> None:
    assert real_codes(steps) == ["content-length"] * warned


@pytest.mark.parametrize(
    ("length", "extra", "warned"),
    [
        ("5", "{response: {expect: {status: 200}}}", False),
        ("6", "{response: {expect: {status: 200}}}", True),
        ("4", "{response: {expect: {status: 200}}}", True),
        ("6", "{response: {expect: {status: 400}}}", False),
        ("6", "{response: {expect: {status: 200}}}, {closed: {}}", False),
        ("6", "{send: '!'}, {response: {expect: {status: 200}}}", False),
    ],
)
def test_lengths_of_requests_on_a_connection(length: str, extra: str, warned: bool) -> None:
    head = f"POST /echo HTTP/1.1\\r\\nHost: $(host)\\r\\nContent-Length: {length}\\r\\n\\r\\n"
    for sent in (f'"{head}hello"', f'["{head}hello", "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"]'):
        assert real_codes(f"[{{tcp: {{script: [{{send: {sent}}}, {extra}]}}}}]") == ["content-length"] * warned


def test_lengths_of_responses() -> None:
    steps = "[{request: {path: /scope, expect: {status: 200}}}]"
    wrong = "application: {http: [{respond: {status: 200, headers: [[content-length, '9']], body: hello}}]}"
    assert real_codes(steps, wrong) == ["content-length"]
    assert real_codes(steps, wrong.replace("9", "5")) == []
    assert real_codes(steps.replace("status: 200", "complete: false"), wrong) == []


# counts from 1


@pytest.mark.parametrize(
    "step",
    [
        "{app: {call: 0, expect: {calls: 1}}}",
        "{repeat: {times: 0, steps: [{request: {path: /scope, expect: {status: 200}}}]}}",
        "{repeat: {times: 2, at_once: 0, steps: [{request: {path: /scope, expect: {status: 200}}}]}}",
    ],
)
def test_what_is_counted_from_one(step: str) -> None:
    assert real_codes(f"[{{request: {{path: /scope}}}}, {step}]") == ["range"]
