from __future__ import annotations

import pytest

from engine.documents.diagnostics import Diagnostic
from tests.loading.helpers import HEAD, OK, load, suite

R = "{path: /scope, expect: {status: 200}}"
EXPECTS = f"{{request: {R}}}"


def only(text: str) -> Diagnostic:
    [found] = load(text).diagnostics
    return found


@pytest.mark.parametrize(
    ("steps", "code", "under", "hint"),
    [
        ("[{request: {pth: /scope, expect: {status: 200}}}]", "unknown-key", "pth", "did you mean 'path'?"),
        ("[{requst: {path: /scope}}]", "unknown-step", "requst", "did you mean 'request'?"),
        (
            "[{request: {path: /scope, expect: {status: {atleast: 2}}}}]",
            "unknown-operator",
            "atleast",
            "did you mean 'at_least'?",
        ),
        ("[{request: {path: /scope, expect: {json: {name: Ann}}}}]", "unknown-operator", "name", "{equals: {...}}"),
        (
            "[{request: {path: /scope, body: {hx: aa}, expect: {status: 1}}}]",
            "unknown-notation",
            "hx",
            "did you mean 'hex'?",
        ),
        ("[{request: {path: /scope}, pause: 1s}]", "one-key", "pause", "indent `pause`"),
        ("[{}]", "empty-mapping", "{}", ""),
        (f"{{request: {R}}}", "type", f"{{request: {R}}}", "- "),
        ("[request]", "type", "request", "{request: ...}"),
        ("[]", "empty-list", "[]", ""),
        ("[{request: {path: 5, expect: {status: 1}}}]", "type", "5", 'quote it if it is text: "5"'),
        ("[{request: {path: /scope, headers: {a: 5}, expect: {status: 1}}}]", "header-value", "5", 'quote it: "5"'),
        (
            "[{request: {path: /scope, headers: {a: true}, expect: {status: 1}}}]",
            "header-value",
            "true",
            'quote it: "true"',
        ),
        ("[{request: {path: /scope, headers: [[a]], expect: {status: 1}}}]", "length", "[a]", ""),
        ("[{pause: 5}]", "unit", "5", "write 5s"),
        ("[{pause: 5 s}]", "unit", "5 s", "ms, s, min"),
        ("[{pause: '5'}]", "unit", "'5'", "write 5s"),
        ("[{pause: [1s]}]", "type", "[1s]", ""),
        ("[{request: {path: /scope, expect: {json: {size: 5 kB}}}}]", "unit", "5 kB", "KiB"),
        (
            "[{request: {path: /scope, expect: {header.x: {is: intger}}}}]",
            "unknown-word",
            "intger",
            "did you mean 'integer'?",
        ),
        ("[{request: {path: /scope, expect: {}}}]", "empty-mapping", "{}", ""),
        ("[{request: {path: /scope, expect: {status: {plus: 1}}}}]", "missing-key", "plus", "`var`"),
        ("[{request: {expect: {status: 200}}}]", "missing-key", "{expect: {status: 200}}", ""),
        ("[{repeat: {times: -1, steps: [{pause: 1s}]}}]", "range", "-1", ""),
        ("[{request: {path: /scope, body: {fill: {of: x}}, expect: {status: 1}}}]", "missing-key", "{of: x}", ""),
        (
            "[{request: {path: /scope, body: {hex: 0}, expect: {status: 1}}}]",
            "type",
            "0",
            'quote it if it is text: "0"',
        ),
        ("[{request: {path: /scope, as: [a], expect: {status: 1}}}]", "type", "[a]", ""),
        ("[{tcp: {script: [{response: {expct: {status: 1}}}]}}]", "unknown-key", "expct", "did you mean 'expect'?"),
        ("[{tcp: {script: [{recv: {}}]}}]", "unknown-act", "recv", "known:"),
    ],
)
def test_each_mistake_of_form_is_shown_under_the_very_value(steps: str, code: str, under: str, hint: str) -> None:
    text = suite(steps if "expect" in steps or len(steps) < 12 else f"{steps[:-1]}, {EXPECTS}]")
    found = only(text)
    line = text.split("\n")[found.place.line - 1]
    assert (found.code, line[found.place.column - 1 : found.place.column - 1 + found.place.length]) == (code, under)
    assert hint in found.hint
    assert "is not valid under" not in found.what
    assert "is not of type" not in found.what


def test_all_mistakes_are_told_at_once_and_each_place_once() -> None:
    found = load(suite("[{request: {pth: a, query: [1], expect: {status: {x: 1}}}}, {bogus: 1}, 5]", "level: shall"))
    assert [one.code for one in found.diagnostics] == [
        "unknown-word",
        "unknown-key",
        "unknown-endpoint",
        "type",
        "unknown-operator",
        "unknown-step",
        "type",
    ]
    places = [(one.place.line, one.place.column) for one in found.diagnostics]
    assert len(places) == len(set(places))


def test_missing_keys_are_told_together() -> None:
    found = only(f"{HEAD}  - {{id: one}}\n")
    assert found.what == "a case lacks `title`, `steps`"
    found = load("suite: A\ncases: [{id: a}]\n").diagnostics[0]
    assert found.what == "a suite lacks `category`"


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("timeout: 5", "unit"),
        ("level: shall", "unknown-word"),
        ("level: 5", "type"),
        ("cite: SCOPE-01", "type"),
        ("alone: 5", "type"),
        ("tags: []", "empty-list"),
        ("since: 0.2", "type"),
        ('since: "v2"', "form"),
        ('since: "0.2.1"', "form"),
        ("needs: [1]", "type"),
        ("skip: [{servers: [daphne]}]", "missing-key"),
        ("skip: {servers: [daphne]}", "type"),
        ("server: {workers: two}", "type"),
        ("server: {keepalive: 2s}", "unknown-key"),
        ("only: {server: [daphne]}", "unknown-key"),
        ("process: mine", "unknown-word"),
        ("note: $(a)\nmatrix: {a: 1}", "type"),
        ("note: $(a)\nmatrix: {a: []}", "empty-list"),
        ("note: ''", ""),
        ("application: {http: {respond: {status: 200}}}", "type"),
        ("application: {htp: []}", "unknown-key"),
        ("runs_on: framework", "unknown-word"),
        ("only: {servers: [gunicron]}", "unknown-server"),
        ("only: {frameworks: [fast-api]}", "unknown-framework"),
        ("only: {loops: [uvlop]}", "unknown-loop"),
        ("skip: [{gateways: [nginx-http2], because: b}]", "unknown-gateway"),
        ("skip: [{runtimes: [dokcer], because: b}]", "unknown-runtime"),
        ("needs: [websockets]", "unknown-capability"),
        ("only: {servers: [5]}", "type"),
    ],
)
def test_keys_of_a_case(extra: str, code: str) -> None:
    assert [one.code for one in load(suite(OK, extra)).diagnostics] == ([code] if code else [])


def test_a_name_that_there_is_not_is_shown_with_the_nearest() -> None:
    found = only(suite(OK, "only: {servers: [daphne, gunicron]}"))
    assert (found.what, found.hint) == ("there is no server called 'gunicron'", "did you mean 'gunicorn'?")
    found = only(suite(OK, "needs: [telepathy]"))
    assert (found.what, found.hint) == (
        "there is no capability called 'telepathy'",
        "known: lifespan, state, tls, websocket",
    )


def test_names_of_a_suite_are_held_to_those_that_there_are() -> None:
    text = suite(OK).replace("cases:", "only: {loops: [trio]}\nskip: [{servers: [nginx], because: b}]\ncases:")
    assert [one.code for one in load(text).diagnostics] == ["unknown-loop", "unknown-server"]


def test_a_name_that_the_matrix_fills_in_is_held_to_them_too() -> None:
    matrix = "matrix: {server: [gunicorn, gunicron]}\nonly: {servers: [$(server)]}"
    assert only(suite(OK, matrix)).what == "there is no server called 'gunicron'"
    assert load(suite(OK, matrix.replace("gunicron", "daphne"))).diagnostics == ()
