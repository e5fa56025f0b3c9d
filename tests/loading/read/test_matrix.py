from __future__ import annotations

import pytest

from engine.documents.diagnostics import Notes
from engine.loading.read.matrix import Expanded, expand
from engine.loading.schema.compose import compose_schema
from tests.loading.helpers import node
from tests.loading.vocabulary import small

SCHEMA = compose_schema(small())


def expanded(text: str, notes: Notes | None = None) -> list[Expanded]:
    return expand(node(text), SCHEMA, notes if notes is not None else Notes())


def variants(matrix: str, uses: str) -> list[str]:
    return [one.variant for one in expanded(f"id: a\ntitle: $(A)\nmatrix: {matrix}\nnote: {uses}\nsteps: []\n")]


def test_a_case_without_a_matrix_is_itself() -> None:
    [one] = expanded("id: a\ntitle: A $(x)\nsteps: []\n")
    assert (one.variant, one.title, one.variables) == ("", "A $(x)", {})


@pytest.mark.parametrize(
    ("matrix", "uses", "expected"),
    [
        ("{code: [200, 404]}", "$(code)", ["200", "404"]),
        ('{length: {plus: "+5", empty: ""}}', "x$(length)", ["plus", "empty"]),
        (
            "{code: [200, 404], sign: {plus: 1, minus: 2}}",
            "$(code)$(sign)",
            ["200-plus", "200-minus", "404-plus", "404-minus"],
        ),
        ('{version: ["1.0", "1.1"]}', "$(version)", ["1.0", "1.1"]),
        ('{v: [a b, true, null, 1.5, -1, "/x"]}', "$(v)", ["0", "true", "null", "1.5", "-1", "5"]),
        ("{v: [{a: 1}, [1], a]}", "{var: v}", ["0", "1", "a"]),
    ],
)
def test_names(matrix: str, uses: str, expected: list[str]) -> None:
    assert variants(matrix, uses) == expected


def test_a_title_has_the_names_of_values() -> None:
    found = expanded(
        "id: a\ntitle: Length $(l) and $(l.x) and $(run)\n"
        "matrix: {l: {plus: {x: 5}, none: {x: 6}}}\nsteps: [{var: l}]\n"
    )
    assert [one.title for one in found] == ["Length plus and 5 and $(run)", "Length none and 6 and $(run)"]
    assert [one.variables for one in found] == [{"l": {"x": 5}}, {"l": {"x": 6}}]


def test_the_matrix_itself_is_gone() -> None:
    for one in expanded("id: a\ntitle: A\nmatrix: {x: [1]}\nnote: $(x)\nsteps: []\n"):
        assert "matrix" not in one.node
        assert one.node.plain() == {"id": "a", "title": "A", "note": "1", "steps": []}


@pytest.mark.parametrize(
    ("matrix", "uses", "what"),
    [
        ("{x: [1], z: [2]}", "$(x)", "the variable 'z' is used nowhere"),
        ("{x: [1], A: [2]}", "$(x)", "only the title uses the variable 'A'"),
        ('{x: [1, "1"]}', "$(x)", "two values of the matrix are both called '1'"),
        ("{run: [1]}", "$(run)", "'run' is the engine's own variable"),
        ("{x.y: [1]}", "$(x.y)", "a variable's name is a word"),
        ("{x: {a b: 1}}", "$(x)", "'a b' cannot stand in a case's id"),
        ("{x: {a: {b: 1}}}", "$(x)", "'x' is a mapping here"),
        ("{x: {a: {b: 1}}}", "$(x.c)", "the value of 'x' has no 'c'"),
        ("{x: [1]}", "$(x.c)", "the value of 'x' has no 'c'"),
        ("{x: [a]}", "{var: x, plus: 1}", "`plus` needs a number"),
    ],
)
def test_mistakes(matrix: str, uses: str, what: str) -> None:
    notes = Notes()
    expanded(f"id: a\ntitle: $(A)\nmatrix: {matrix}\nnote: {uses}\nsteps: []\n", notes)
    assert [one.what[: len(what)] for one in notes.sorted()] == [what]


def test_a_matrix_has_an_end() -> None:
    notes = Notes()
    values = str(list(range(40)))
    found = expanded(f"id: a\ntitle: A\nmatrix: {{x: {values}, z: {values}}}\nnote: $(x)$(z)\nsteps: []\n", notes)
    assert [(one.variant, one.sound) for one in found] == [("0-0", False)]
    assert [one.code for one in notes.sorted()] == ["matrix"]


@pytest.mark.parametrize(
    ("path", "unused"),
    [
        ("$(t.sent)", ["part 'wanted'", "part 'more'"]),
        ("$(t.sent)$(t.wanted)$(t.more)", []),
        ("{var: t}", []),
        ("{var: t.wanted}", ["part 'sent'", "part 'more'"]),
    ],
)
def test_parts_of_values_that_are_used_nowhere(path: str, unused: list[str]) -> None:
    notes = Notes()
    matrix = "{t: {one: {sent: a, wanted: b}, two: {sent: c, wanted: d, more: {deep: 1}}}}"
    expanded(f"id: a\ntitle: $(t)\nmatrix: {matrix}\nsteps: [{{request: {{path: {path}}}}}]\n", notes)
    found = [one for one in notes.sorted() if one.code == "unused-part"]
    assert [next(word for word in unused if word in one.what) for one in found] == unused
    assert not any(one.is_error for one in found)


def test_a_long_matrix_of_a_short_case_is_not_too_long() -> None:
    values = ", ".join(f"v{number}: [{', '.join(['x'] * 20)}]" for number in range(150))
    notes = Notes()
    found = expanded(f"id: a\ntitle: A $(v)\nmatrix: {{v: {{{values}}}}}\nnote: $(v.0)\nsteps: []\n", notes)
    assert (len(found), notes.errors) == (150, 0)
