from __future__ import annotations

import pytest

from engine.documents.diagnostics import Notes
from engine.loading.read.matrix import Expanded, expand
from engine.loading.schema.compose import compose_schema
from engine.model.case import Case
from tests.loading.helpers import cases, codes, node, suite
from tests.loading.vocabulary import small

SCHEMA = compose_schema(small())
CASE = "id: a\ntitle: A\nlevel: must\nmatrix: {form: {plus: 1, minus: 2, empty: 3}, n: {from: 1, to: 2}}\n"
STEPS = "steps: [{request: {path: $(form)$(n), expect: {status: 200}}}]\n"


def expanded(variants: str, steps: str = STEPS) -> tuple[list[Expanded], list[str]]:
    notes = Notes()
    found = expand(node(f"{CASE}variants: {variants}\n{steps}"), SCHEMA, notes)
    return found, [one.what for one in notes.sorted()]


def differing(variants: str, key: str) -> list[str]:
    """The variants of which a key differs from that of the case."""
    found, wrong = expanded(variants)
    assert wrong == []
    assert not any("variants" in one.node for one in found)
    usual = node(CASE + STEPS).get(key)
    plain = usual.plain() if usual is not None else None
    return [one.variant for one in found if (own := one.node.get(key)) is not None and own.plain() != plain]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("{form: plus}", ["plus-1", "plus-2"]),
        ("{form: [plus, empty], n: 2}", ["plus-2", "empty-2"]),
        ("{n: [1]}", ["plus-1", "minus-1", "empty-1"]),
        ("{form: {except: [plus, minus]}}", ["empty-1", "empty-2"]),
        ("{n: {from: 2, to: 9}}", ["plus-2", "minus-2", "empty-2"]),
    ],
)
def test_when_selects_combinations(when: str, expected: list[str]) -> None:
    assert differing(f"[{{when: {when}, level: should}}]", "level") == expected
    assert differing(f"[{{when: {when}, extended: true}}]", "extended") == expected


def test_a_later_entry_goes_before_an_earlier_one() -> None:
    entries = "[{when: {form: plus}, level: should, note: a}, {when: {n: 2}, level: may}]"
    found, _ = expanded(entries)
    plains = {one.variant: one.node.plain() for one in found}
    said = {name: (one["level"], one.get("note")) for name, one in plains.items() if isinstance(one, dict)}
    assert said["plus-1"] == ("should", "a")
    assert said["plus-2"] == ("may", "a")
    assert said["minus-1"] == ("must", None)


@pytest.mark.parametrize("name", ["request", "one"])
def test_expectations_of_a_step_are_replaced(name: str) -> None:
    steps = (
        "steps:\n  - repeat: {times: 2, steps: [{request: {as: one, path: $(form)$(n), expect: {status: 200}}}]}\n"
        "  - echo: {v: [{as: one, expect: 1}]}\n"
    )
    found, wrong = expanded(f"[{{when: {{form: plus, n: 1}}, expect: {{{name}: {{status: 400}}}}}}]", steps)
    assert wrong == []
    changed, other = found[0].node.plain(), found[1].node.plain()
    assert isinstance(changed, dict)
    assert isinstance(other, dict)
    assert changed["steps"][0]["repeat"]["steps"][0]["request"]["expect"] == {"status": 400}
    assert other["steps"][0]["repeat"]["steps"][0]["request"]["expect"] == {"status": 200}
    assert changed["steps"][1] == other["steps"][1]


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("when: {frm: plus}, level: may", "the matrix has no variable 'frm'"),
        ("when: {form: [plus, pls]}, level: may", "no value of this variable is called 'pls'"),
        ("when: {form: {except: [pls]}}, level: may", "no value of this variable is called 'pls'"),
        ("when: {form: {a: 1}}, level: may", "`when` selects values by a name, a list of names, a range or `except`"),
        ("when: {n: {except: [1, 2]}}, level: may", "this selects no value of 'n'"),
        ("when: {n: {from: 8, to: 9}}, level: may", "this selects no value of 'n'"),
        ("when: {n: 1}, expect: {answer: {status: 1}}", "this case has no step 'answer' with expectations"),
    ],
)
def test_mistakes(entry: str, what: str) -> None:
    _, wrong = expanded(f"[{{{entry}}}]")
    assert wrong == [what]


def test_a_type_that_two_steps_have_is_ambiguous() -> None:
    steps = "steps: [{request: {path: $(form)}}, {request: {path: $(n)}}]\n"
    _, wrong = expanded("[{when: {n: 1}, expect: {request: {status: 1}}}]", steps)
    assert wrong == ["2 steps of this case are called 'request'"]


def of_suite(variants: str) -> list[Case]:
    matrix = f"matrix: {{code: [200, 404]}}\nvariants: {variants}"
    return cases(suite("[{request: {path: /status/$(code), expect: {status: {var: code}}}}]", matrix))


def test_a_read_case_has_what_its_variant_says() -> None:
    usual, other = of_suite("[{when: {code: 404}, level: may, extended: true, cite: [RESP-01], tags: [rare]}]")
    assert (usual.level, usual.extended, usual.cite, usual.tags) == ("must", False, ("SCOPE-01",), ())
    assert (other.level, other.extended, other.cite, other.tags) == ("may", True, ("RESP-01",), ("rare",))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("variants: [{when: {code: 404}, level: may}]", "matrix"),
        ("matrix: {code: [200]}\nvariants: [{when: {code: 200}}]", "missing-key"),
        ("matrix: {code: [200]}\nvariants: [{level: may}]", "missing-key"),
        ("matrix: {code: [200]}\nvariants: [{when: {code: 200}, level: may, steps: []}]", "unknown-key"),
    ],
)
def test_mistakes_of_a_suite(extra: str, expected: str) -> None:
    steps = "[{request: {path: /status/200, query: $(code), expect: {status: 200}}}]"
    if "matrix:" not in extra:
        steps = steps.replace("$(code)", "a")
    assert codes(suite(steps, extra)) == [expected]
