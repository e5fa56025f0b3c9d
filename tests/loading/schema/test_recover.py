"""A case with structural errors gets the messages for its other errors in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.documents.diagnostics import Notes
from engine.loading.documents import load_text
from engine.loading.schema import errors as complaints
from engine.loading.schema import recover as repair
from engine.model.nodes import Node
from tests.loading.vocabulary import real

STEPS = "[{request: {path: /scope, expect: {status: 200}}}]"
HEAD = "suite: S\ncategory: c\ncite: [SCOPE-01]\nlevel: must\ncases:\n  - id: a\n    title: A\n"


def codes(rest: str) -> list[tuple[int, str]]:
    """The line, from the case's third on, and the code of each error."""
    loaded = load_text(HEAD + rest, real())
    return [(one.place.line - 7, one.code) for one in loaded.diagnostics]


def test_form_and_meaning_in_one_run() -> None:
    assert codes(
        "    cite: [SCOPE-99]\n"
        "    steps:\n"
        "      - request: {pth: /scope, expect: {statuz: 200}}\n"
        "      - request: {path: /scop, within: 5, expect: {status: 200}}\n"
        "      - app: {expect: {calls: 0}}\n"
    ) == [
        (1, "unknown-clause"),
        (3, "unknown-key"),
        (3, "unknown-fact"),
        (4, "unknown-endpoint"),
        (4, "unit"),
        (5, "no-quiet"),
    ]


def test_what_was_cut_brings_no_mistakes_of_its_own() -> None:
    """The capture goes with the step that has no path, and the variable is not called unknown for that."""
    assert codes(
        "    steps:\n"
        "      - request: {capture: {first: status}, expect: {status: 200}}\n"
        "      - request: {path: /scope, expect: {status: {var: first}}}\n"
    ) == [(2, "missing-key")]


def test_what_an_unknown_step_may_have_captured_is_not_called_unknown() -> None:
    assert codes(
        "    steps:\n"
        "      - bogus: {capture: {first: status}, as: one}\n"
        "      - request: {path: /scope, query: $(first)$(second), expect: {status: 200}}\n"
        "      - app: {of: one, expect: {calls: 1}}\n"
        "      - app: {of: two, expect: {calls: 1}}\n"
    ) == [(2, "unknown-step"), (3, "unknown-variable"), (5, "unknown-step-name")]


def test_a_variable_that_an_unknown_step_may_use_is_not_called_unused() -> None:
    steps = "    steps:\n      - bogus: {path: $(x)}\n      - request: {path: /scope, expect: {status: 200}}\n"
    assert codes(f"    matrix: {{x: [1], y: [2]}}\n{steps}") == [(1, "unused-variable"), (3, "unknown-step")]


def test_a_case_whose_steps_are_wrong_is_not_told_that_it_expects_nothing() -> None:
    for steps in ("no-list", "[]", "[{}]", "[5]", "[{bogus: {expct: {status: 200}}}]"):
        assert len(codes(f"    steps: {steps}\n")) == 1, steps
    assert [code for _, code in codes("    steps: [{pause: 5}]\n")] == ["evaluates-nothing", "unit"]


def test_keys_that_are_not_indented_belong_to_their_step() -> None:
    assert codes(
        "    steps:\n"
        "      - request: {path: /scope}\n"
        "        within: 5\n"
        "        expect: {statuz: 200}\n"
    ) == [(3, "one-key"), (3, "unit"), (4, "unknown-fact")]  # fmt: skip


def test_several_steps_in_one_mapping_are_looked_at_one_by_one() -> None:
    assert codes(
        "    steps:\n"
        "      - request: {path: /nowhere, expect: {status: 200}}\n"
        "        app: {expect: {bogus: 1}}\n"
    ) == [(2, "unknown-endpoint"), (3, "one-key"), (3, "unknown-fact")]  # fmt: skip


def test_several_notations_in_one_mapping_are_looked_at_one_by_one() -> None:
    found = codes(
        "    steps: [{request: {path: /echo, method: POST, body: {hex: x, base64: '!'}, expect: {status: 200}}}]\n"
    )
    assert sorted(code for _, code in found) == ["form", "form", "one-key"]


def test_a_mapping_where_a_list_must_be_is_its_only_item() -> None:
    assert codes("    steps: {request: {path: /nowhere, expect: {status: 200}}}\n") == [
        (1, "type"),
        (1, "unknown-endpoint"),
    ]


def test_a_missing_key_at_the_place_of_an_unknown_one_hides_neither() -> None:
    loaded = load_text(HEAD.replace("id: a\n    title: A", "bogus: 1\n    id: a") + f"    steps: {STEPS}\n", real())
    assert [one.code for one in loaded.diagnostics] == ["unknown-key", "missing-key"]


def test_the_suites_own_mistakes_hide_none_of_its_cases() -> None:
    text = HEAD.replace("level: must", "level: shall").replace("category: c\n", "")
    loaded = load_text(f"{text}    steps: [{{request: {{path: /nowhere, expect: {{status: '2'}}}}}}]\n", real())
    assert [one.code for one in loaded.diagnostics] == [
        "missing-key",
        "unknown-word",
        "unknown-endpoint",
        "never-matches",
    ]
    assert loaded.suites[0].cases == ()


def test_each_value_of_a_matrix_is_complained_about() -> None:
    found = codes(
        "    matrix: {t: [5kB, 6kB, 1B]}\n"
        "    steps: [{request: {path: /nowhere, body: {fill: {size: {var: t}}}, expect: {status: 200}}}]\n"
    )  # fmt: skip
    assert sorted(code for _, code in found) == ["unit", "unit", "unknown-endpoint"]


def test_the_other_documents_are_told_everything_as_well() -> None:
    known = (
        "known-failures: K\nlist:\n  - {case: a, because: b}\n  - {case: f::a, versions: x, observed: o, bogus: 1}\n"
    )
    loaded = load_text(known, real())
    assert [one.code for one in loaded.diagnostics] == [
        "form",
        "missing-key",
        "missing-key",
        "bad-range",
        "unknown-key",
    ]
    assert loaded.known_failures == ()
    clauses = "clauses: C\nlist:\n  - {id: A-1, level: must}\n  - {id: A-1, level: must, statement: s}\n"
    assert [one.code for one in load_text(clauses, real()).diagnostics] == ["missing-key", "duplicate-id"]


def test_more_than_anybody_reads_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round takes seconds if a document of a megabyte has tens of thousands of errors."""
    rounds: list[int] = []

    def complain(errors: Sequence[Any], node: Node, notes: Notes, name: str) -> None:
        rounds.append(len(errors))
        complaints.complain(errors, node, notes, name)

    monkeypatch.setattr(repair, "complain", complain)
    steps = ", ".join(["{request: {pth: /scope, expect: {status: 200}}}"] * 5000)
    found = load_text(f"{HEAD}    steps: [{steps}]\n", real())
    assert len(rounds) == 1
    assert found.diagnostics[-1].code == "too-many"
    assert found.suites[0].cases == ()
