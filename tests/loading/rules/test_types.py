"""A literal that its fact can never equal, and an operator that does not apply to it, are errors of the document."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from engine.documents.diagnostics import Diagnostic
from engine.loading.documents import load_text
from engine.loading.vocabulary import Vocabulary
from engine.model.facts import ANY, FactType
from engine.steps.api.step_type import StepType
from tests.loading.helpers import suite
from tests.loading.vocabulary import real

NEEDED = {
    "connect": "as: one,",
    "drive": "scope: {type: http},",
    "flood": "of: x, up_to: 1KiB,",
    "repeat": "times: 2, steps: [{pause: 1ms}],",
    "request": "path: /scope,",
}
STEP = "{path: /scope, expect: {status: 200}}"
OPEN = ("json[.*]", "scope[.*]", "scope_after[.*]", "values[.*]")


@cache
def vocabulary() -> Vocabulary:
    return real()


def found(expect: str, step_type: str = "request", extra: str = "", before: str = "") -> list[Diagnostic]:
    """The errors of a step that expects something."""
    body = f"{{path: /scope, expect: {{{expect}}}}}" if step_type == "request" else f"{{expect: {{{expect}}}}}"
    step = f"{{{step_type}: {body}}}"
    if step_type != "request":
        step = f"{{request: {STEP}}}, {step}"
    text = suite(f"[{before}{step}]", extra)
    return list(load_text(text, vocabulary()).diagnostics)


NEVER = [
    ('status: "200"', '"200"', "write 200 without quotes"),
    ("status: 2OO", "2OO", "write a number"),
    ("status: 4xx", "4xx", "write {at_least: 400, less_than: 500}"),
    ("status: [200, 201]", "[200, 201]", "write {any_of: [200, 201]}"),
    ("status: true", "true", ""),
    ("status: null", "null", "an absent fact is {present: false}"),
    ("status: 200.5", "200.5", ""),
    ("status: $(run)", "$(run)", "write {var: run}: $(run) is always text"),
    ('status: {equals: "200"}', '"200"', "write 200 without quotes"),
    ('status: {not: "200"}', '"200"', "write 200 without quotes"),
    ('status: {any_of: [200, "201"]}', '"201"', "write 201 without quotes"),
    ('status: {contains: "2"}', "contains", ""),
    ("status: {length: 3}", "length", ""),
    ("headers.content-type: text/plain", "text/plain", "`header.content-type` is the single value; or write"),
    ('headers.x: {contains: "a"}', "contains", 'write {some: {contains: "a"}} for an item of the list'),
    ("headers.x: [5]", "5", 'quote it: "5"'),
    ("headers.x: {some: 5}", "5", 'quote it: "5"'),
    ("headers.x: {length: {at_least: 1, not: none}}", "none", "write a number"),
    ("header.content-length: 5", "5", 'quote it: "5"'),
    ("header.x: {bytes: a}", "bytes", "write only the text"),
    ("header.x: {items: [a]}", "items", "write {any_of: [...]} for one of several values"),
    ("version: 1.1", "1.1", 'quote it: "1.1"'),
    ("body: [a, b]", "[a, b]", 'write {bytes: ["a", "b"]} for a sequence of parts'),
    ("body: 5", "5", ""),
    ("lines: hello", "hello", 'write ["hello"], or {some: "hello"}'),
    ("interim: 103", "103", "write [103], or {some: 103}"),
    ('complete: "true"', '"true"', "write true without quotes"),
    ("outcome: respons", "respons", "did you mean 'response'?"),
    ("framing: length", "length", "did you mean 'content-length'?"),
    ("elapsed: true", "true", ""),
    ("elapsed: [1s]", "[1s]", 'write {any_of: ["1s"]}'),
    ("elapsed: $(run)", "$(run)", "write {var: run}: $(run) is always text"),
    ("elapsed: {near: now}", "now", "write an amount"),
    ("elapsed: {near: 500ms}", "500ms", "write {to: 500ms, within: 10ms}"),
    ("elapsed: {later_than: now}", "later_than", 'write {more_than: "now"}'),
    ("status: {near: {to: 200}}", "{to: 200}", "write {to: 200, within: 1}"),
    ("complete: {size_of: a}", "size_of", ""),
    ("complete: {near: now}", "near", ""),
    ("body.size: null", "null", "an absent fact is {present: false}"),
]


@pytest.mark.parametrize(("expect", "under", "hint"), NEVER)
def test_what_can_never_hold_of_a_response(expect: str, under: str, hint: str) -> None:
    [one] = found(expect)
    line = suite(f"[{{request: {{path: /scope, expect: {{{expect}}}}}}}]").split("\n")[one.place.line - 1]
    assert line[one.place.column - 1 : one.place.column - 1 + one.place.length] == under
    assert hint in one.hint
    assert one.is_error


@pytest.mark.parametrize(
    "expect",
    [
        "status: 200", "status: 200.0", "status: {any_of: [200, 404]}", "status: {type: integer}", "reason: OK",
        'header.content-length: "5"', "header.x: {is: integer}", "headers.x: []", "headers.x: {each: {matches: a}}",
        "body: hello", "body: {bytes: [a, b]}", "body: {length: 5}", "json: 5", "json.a: [1, a]", "json.a: null",
        "json: {fields: {a: {contains: x}}}", "lines: [a]", "lines: {some: {starts_with: a}}", "interim: [103]",
        "complete: true", "outcome: timeout", "elapsed: {at_most: 1s}", "body.size: 5B", "outcome: {not: closed}",
        "headers: {some: {items: [A, b]}}", "status: {var: run}", "header.x: $(run)", "status: {present: false}",
        "header.date: {near: now}", "header.date: {near: {to: now, within: 1s}}", "json.at: {later_than: {var: run}}",
        "elapsed: {near: {to: 500ms, within: 50ms}}", "header.content-length: {size_of: {fill: {size: 5B}}}",
        "body.size: {size_of: hello}", 'header.date: {earlier_than: "2030-01-01T00:00:00Z"}',
        "events: {first: {fields: {event: a}}}", "headers.x: {unique: true}", "framing: $(run)",
    ],
)  # fmt: skip
def test_what_can_hold_of_a_response(expect: str) -> None:
    assert found(expect) == []


@pytest.mark.parametrize(
    ("expect", "hint"),
    [
        ("scope.query_string: a=1", 'write {bytes: "a=1"}'),
        ("scope.raw_path: /a", 'write {bytes: "/a"}'),
        ("scope.header.host: a", 'write {bytes: "a"}'),
        ("scope.headers.host: [a]", 'write {items: [{bytes: "a"}]}'),
        ("scope.method: {equals: 5}", 'quote it: "5"'),
        ("scope.SERVER_PORT: 80", 'quote it: "80"'),
        ("received.0.body: hello", 'write {bytes: "hello"}'),
        ("received.last: {fields: {body: hello}}", 'write {bytes: "hello"}'),
        ('sent.0.status: "200"', "write 200 without quotes"),
        ("received.types: http.request", 'write ["http.request"], or {some: "http.request"}'),
        ('calls: "1"', "write 1 without quotes"),
        ('returned: "true"', "write true without quotes"),
        ("returned: {any_of: [{present: false}, null]}", "an absent fact is {present: false}"),
    ],
)
def test_what_can_never_hold_at_the_boundary(expect: str, hint: str) -> None:
    [one] = found(expect, "app")
    assert (one.code, hint in one.hint) == ("never-matches", True)


@pytest.mark.parametrize(
    "expect",
    [
        "scope.query_string: {bytes: a=1}", "scope.raw_path: {starts_with: /a}", "scope.client: null",
        "scope.server: {items: [a, null]}", "scope.path: {not: {type: bytes}}", "scope.query_string: {not: a}",
        "scope.state: {fields: {a: 1}}", "scope.own: 5", "scope.own.way: text", "received.body: hello",
        "received.last: {fields: {reason: why, code: 1000}}", "sent.0: {fields: {headers: []}}", "calls: 1",
    ],
)  # fmt: skip
def test_what_can_hold_at_the_boundary(expect: str) -> None:
    assert found(expect, "app") == []


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ("status: $(code)", ["write {var: code}: $(code) is always text"]),
        ("status: {var: code}", []),
        ("header.x: {var: code}", ['write "$(code)": {var: code} keeps the variable\'s own type'] * 2),
        ("header.x: $(code)", []),
    ],
)
def test_a_variable_of_the_matrix_has_a_type_too(expect: str, wrong: list[str]) -> None:
    assert [one.hint for one in found(expect, extra="matrix: {code: [200, 404]}")] == wrong


def of_another_type(wanted: FactType) -> str:
    """A literal that a fact of a type never is."""
    return "true" if "boolean" not in wanted.sorts else "[x]"


@pytest.mark.parametrize(
    "step_type",
    [step_type for step_type in real().step_types if step_type.facts],
    ids=lambda one: f"{one.groups[0]}-{one.name}",
)
def test_each_fact_of_each_step_has_a_type_that_is_held(step_type: StepType[Any]) -> None:
    """Those of OPEN have a type if they are named directly, or in parts that a standard promises."""
    untyped = [fact.name for fact in step_type.facts if fact.type is ANY and fact.name not in OPEN]
    assert untyped == []
    for fact in step_type.facts:
        if fact.type is ANY:
            continue
        name = fact.name.replace("[.*]", "").replace(".*", ".x")
        text = expecting(step_type, f"{name}: {of_another_type(fact.type)}")
        codes = [one.code for one in load_text(text, vocabulary()).diagnostics]
        assert "never-matches" in codes, (name, codes)


def expecting(step_type: StepType[Any], expect: str) -> str:
    """A case in which a step of a step type expects something."""
    step = f"{{{step_type.name}: {{{NEEDED.get(step_type.name, '')} expect: {{{expect}}}}}}}"
    group = step_type.groups[0]
    if group != "step":
        step = f"{{{group}: {{script: [{step}]}}}}"
    return suite(f"[{step}]")
