"""Codes and hints come from ``x-code``, and titles may be reworded."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.documents.composer import compose
from engine.documents.diagnostics import Notes
from engine.documents.files import SourceText
from engine.loading.schema import codes, errors
from engine.loading.schema.compose import compose_schemas
from engine.targets.catalog.frameworks import SCHEMA as FRAMEWORK

WRONG = """\
suite: S
category: c
cite: [5]
level: must
casez: 1
cases:
  - id: Not Kebab
    title: T
    colour: red
    only: {servers: [gunicron]}
    matrix: {n: [1]}
    application:
      http: [{sned: 1}, sleep]
    steps:
      - requst: {path: /}
      - request
      - pause: 5
      - pause: 5 kB
      - tcp: {script: [{sendd: a}, {send: {hex: xyz}}, {send: {hx: a}}]}
      - tcp: {script: {send: a}}
      - request: {path: /, headers: {a: 5}, body: 7, expect: {status: {atleast: 1}, json: {size: 5 kB}}}
      - request: {path: /, body: {hex: aa, text: b}, expect: {json: {any_of: {a: 1}}}}
"""


@cache
def schemas() -> Mapping[str, Mapping[str, Any]]:
    return {**compose_schemas(Engine(find()).words.loading), "framework": FRAMEWORK}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a schema."""
    if isinstance(schema, Mapping):
        yield dict(schema)
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def reworded(schema: Any) -> Any:
    """The schema with other titles."""
    if isinstance(schema, Mapping):
        return {
            key: "something" if key == "title" and isinstance(value, str) else reworded(value)
            for key, value in schema.items()
        }
    return [reworded(value) for value in schema] if isinstance(schema, list) else schema


def mistakes(schema: Mapping[str, Any]) -> set[tuple[str, int, int]]:
    """The codes of what is wrong in WRONG, each with its place."""
    notes = Notes()
    root = compose(SourceText("a.yaml", WRONG), notes)
    assert root is not None
    found = sorted(Draft202012Validator(schema).iter_errors(root.plain()), key=errors.order)
    errors.complain(found, root, notes)
    return {(one.code, one.place.line, one.place.column) for one in notes.found}


def test_codes_do_not_depend_on_titles() -> None:
    found = mistakes(schemas()["suite"])
    assert {code for code, _, _ in found} >= {
        "unknown-key", "unknown-step", "unknown-act", "unknown-operator", "unknown-notation", "unknown-server", "unit",
        "id", "header-value", "one-key", "type", "form",
    }  # fmt: skip
    assert mistakes(reworded(schemas()["suite"])) == found


@pytest.mark.parametrize("name", ["suite", "clauses", "known-failures", "framework"])
def test_every_code_is_known_and_every_list_of_names_says_of_what(name: str) -> None:
    for part in parts(schemas()[name]):
        assert codes.code_of(part) is not None or codes.named(part) or codes.KEY not in part
        if isinstance(part.get("title"), str) and part["title"].endswith("'s name") and "enum" in part:
            assert codes.named(part), part


def test_no_code_is_chosen_by_the_words_of_a_title() -> None:
    tree = ast.parse(Path(errors.__file__).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.Call):
            nodes = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node.func]
            words = [ast.unparse(one) for one in nodes]
            assert not any(
                word in ("title", "title.startswith", "title.endswith", "title.split()") for word in words
            ), ast.unparse(node)
