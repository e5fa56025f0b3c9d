"""A case with mistakes of form is told of its other mistakes in the same run."""

from __future__ import annotations

from engine.loading.documents import load_text
from tests.loading.vocabulary import real

HEAD = "suite: S\ncategory: c\ncite: [SCOPE-01]\nlevel: must\ncases:\n  - id: a\n    title: A\n"


def codes(rest: str) -> list[tuple[int, str]]:
    """The line, from the case's third on, and the code of each mistake."""
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


def test_nothing_left() -> None:
    assert [line for line, _ in codes("    steps: no-list\n")] == [1]
