from __future__ import annotations

import pytest

from engine.documents.diagnostics import Notes
from engine.loading.read.substitution import ExpansionBudget, Substitution, Value
from engine.loading.schema.compose import compose_schema
from engine.model.nodes import Node
from tests.loading.helpers import node
from tests.loading.vocabulary import small

SCHEMA = compose_schema(small())
VALUES = {
    "code": Value(node("404"), "404"),
    "body": Value(node("{hex: 00 ff}"), "raw"),
    "pair": Value(node("{name: X-One, value: a b, deep: [1, {x: 2}]}"), "pair"),
    "flag": Value(node("true"), "true"),
    "text": Value(node('"$(run)"'), "text"),
}


def fill(text: str, kind: str = "request") -> object:
    schema = {"$ref": "#/$defs/step"}
    found = Substitution(VALUES, SCHEMA, Notes(), ExpansionBudget(10_000)).fill(node(f"{{{kind}: {text}}}"), schema)
    plain = found.plain()
    assert isinstance(plain, dict)
    return plain[kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{path: /status/$(code)}", {"path": "/status/404"}),
        ("{path: /a$$(code)$(run)$(n)}", {"path": "/a$$(code)$(run)$(n)"}),
        ("{path: {var: text}}", {"path": "$(run)"}),
        ("{body: {var: body}}", {"body": {"hex": "00 ff"}}),
        ("{body: [a, {var: body}]}", {"body": ["a", {"hex": "00 ff"}]}),
        (
            "{body: {json: {a: {var: code, plus: 1}, b: {var: pair.deep}}}}",
            {"body": {"json": {"a": 405, "b": [1, {"x": 2}]}}},
        ),
        ("{headers: {$(pair.name): $(pair.value)}}", {"headers": {"X-One": "a b"}}),
        ("{query: {a: {var: pair.deep.1.x}, b: $(flag)}}", {"query": {"a": 2, "b": "true"}}),
        ("{body: {var: n}}", {"body": {"var": "n"}}),
        ("{body: {json: {var: code, other: 1}}}", {"body": {"json": {"var": "code", "other": 1}}}),
        ("{expect: {status: {var: code}}}", {"expect": {"status": 404}}),
        ("{expect: {status: {var: code, at_most: 500}}}", {"expect": {"status": {"equals": 404, "at_most": 500}}}),
        ("{expect: {json: {var: pair.deep}}}", {"expect": {"json": [1, {"x": 2}]}}),
        ("{expect: {json: {var: body}}}", {"expect": {"json": {"equals": {"hex": "00 ff"}}}}),
        ("{expect: {json: {some: {var: body}}}}", {"expect": {"json": {"some": {"equals": {"hex": "00 ff"}}}}}),
        (
            "{expect: {json: {items: [{var: body}, 1]}}}",
            {"expect": {"json": {"items": [{"equals": {"hex": "00 ff"}}, 1]}}},
        ),
        (
            "{expect: {json: {fields: {$(pair.name): {var: body}}}}}",
            {"expect": {"json": {"fields": {"X-One": {"equals": {"hex": "00 ff"}}}}}},
        ),
        ("{expect: {json: {equals: {a: {var: body}}}}}", {"expect": {"json": {"equals": {"a": {"hex": "00 ff"}}}}}),
        ("{expect: {body: {bytes: {var: body}}}}", {"expect": {"body": {"bytes": {"hex": "00 ff"}}}}),
        ("{expect: {any_of: [{status: {var: code}}]}}", {"expect": {"any_of": [{"status": 404}]}}),
    ],
)
def test_filling(text: str, expected: object) -> None:
    assert fill(text) == expected


def test_what_has_no_variable_is_the_same_object() -> None:
    same = node("{request: {path: /scope, expect: {status: [1, {a: b}]}}}")
    assert Substitution(VALUES, SCHEMA, Notes(), ExpansionBudget(10_000)).fill(same, {"$ref": "#/$defs/step"}) is same


def test_a_value_stands_where_the_variable_stood() -> None:
    source = "{request: {body: {var: body}, expect: {status: {var: code}}}}"
    found = Substitution(VALUES, SCHEMA, Notes(), ExpansionBudget(10_000)).fill(node(source), {"$ref": "#/$defs/step"})
    request = found.get("request")
    assert isinstance(request, Node)
    body, expect = request.get("body"), request.get("expect")
    assert body is not None
    assert expect is not None
    assert (body.place.column, body.place.length) == (source.index("{var: body}") + 1, len("{var: body}"))
    status = expect.get("status")
    assert status is not None
    assert (status.place.column, status.place.length) == (source.index("{var: code}") + 1, len("{var: code}"))


def test_used_variables_are_told() -> None:
    substitution = Substitution(VALUES, SCHEMA, Notes(), ExpansionBudget(10_000))
    substitution.fill(node("{request: {path: /$(pair.name), body: {var: code}}}"), {"$ref": "#/$defs/step"})
    assert substitution.title("$(flag)") == "true"
    assert substitution.used == {"pair", "code", "flag"}
