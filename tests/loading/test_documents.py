from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.diagnostics import LIMIT
from engine.loading.documents import load_paths
from tests.loading.helpers import HEAD, OK, cases, codes, load, suite
from tests.loading.vocabulary import small


def test_a_folder_outside_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(suite(OK))
    (tmp_path / "b.yaml").write_text("clauses: C\nlist: [{id: A-01, level: must, statement: It holds.}]\n")
    (tmp_path / "c.yaml").write_text(
        "known-failures: K\nlist:\n  - {case: a.yaml::one, servers: [x], because: a bug, link: 'https://example.org/1'}\n"
    )
    loaded = load_paths([tmp_path], small())
    assert loaded.diagnostics == ()
    assert [case.id for one in loaded.suites for case in one.cases] == ["one"]
    assert [(one.case, one.selector.servers, one.because) for one in loaded.known_failures] == [
        ("a.yaml::one", ("x",), "a bug")
    ]
    assert (loaded.files, loaded.errors, loaded.sources) == (3, 0, {})


def test_one_bad_file_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \0")
    (tmp_path / "b.yaml").write_text("a: [1\n")
    (tmp_path / "c.yaml").write_text(suite(OK))
    loaded = load_paths([tmp_path], small())
    assert [one.code for one in loaded.diagnostics] == ["binary", "syntax"]
    assert [len(one.cases) for one in loaded.suites] == [1]
    assert set(loaded.sources) == {str(tmp_path / "b.yaml")}


def test_a_huge_file_is_answered_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: b\n" * 2_000_000)
    assert [one.code for one in load_paths([tmp_path], small()).diagnostics] == ["too-large"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("other: 1\n", ["document-kind"]),
        ("category: some\nsuite: A\n", ["document-kind"]),
        ("- a\n", ["document-kind"]),
        ("text\n", ["document-kind"]),
        ("stories: H\n", ["document-kind"]),
        ("{}\n", ["document-kind"]),
        (
            "clauses: C\nlist: [{id: A-01, level: must, statement: S}, {id: A-01, level: must, statement: S}]\n",
            ["duplicate-id"],
        ),
        ("known-failures: K\nlist: [{case: x, because: z, link: 'https://x'}]\n", ["form"]),
        ("known-failures: K\nlist: [{case: 'f::a', because: z}]\n", ["missing-key"]),
    ],
)
def test_documents_by_their_first_key(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_a_case_with_a_mistake_is_left_out_and_the_others_stay() -> None:
    bad = "{id: bad, title: Bad, steps: [{request: {pth: /scope, expect: {status: 200}}}]}"
    worse = "{id: worse, title: Worse, steps: [{request: {path: no, expect: {status: 200}}}]}"
    unknown = "{id: unknown, title: Unknown, steps: [{request: {path: /nowhere, expect: {status: 200}}}]}"
    good = f"{{id: good, title: Good, steps: {OK}}}"
    loaded = load(HEAD + "".join(f"  - {one}\n" for one in (bad, good, worse, unknown)))
    assert [one.code for one in loaded.diagnostics] == ["unknown-key", "surprise", "unknown-endpoint"]
    assert [case.id for case in loaded.suites[0].cases] == ["good"]


def test_variants_with_mistakes_are_left_out() -> None:
    loaded = load(
        suite("[{request: {path: /scope, abandon_after: {var: t}, expect: {status: 200}}}]", "matrix: {t: [1s, 5]}")
    )
    assert [one.code for one in loaded.diagnostics] == ["unit"]
    assert [case.id for case in loaded.suites[0].cases] == ["one[1s]"]


def test_a_mistake_in_every_variant_is_told_once() -> None:
    loaded = load(
        suite("[{request: {path: /nowhere, query: {a: $(x)}, expect: {status: 200}}}]", "matrix: {x: [1, 2, 3]}")
    )
    assert [one.code for one in loaded.diagnostics] == ["unknown-endpoint"]


def test_a_broken_suite_gives_no_cases() -> None:
    loaded = load(suite(OK).replace("category: some", "category: 5"))
    assert [one.code for one in loaded.diagnostics] == ["type"]
    assert loaded.suites[0].cases == ()


def test_a_variable_that_the_schema_does_not_foresee_is_left_to_the_expanded_case() -> None:
    text = suite(
        "[{repeat: {times: {var: t}, steps: [{request: {path: /scope, expect: {status: 200}}}]}}]", "matrix: {t: [2]}"
    )
    [case] = cases(text)
    assert isinstance(case.body.steps[0].params, dict)
    assert case.body.steps[0].params["times"] == 2
    [case] = cases(suite(OK, "timeout: {var: t}\nmatrix: {t: [2s]}"))
    assert case.timeout == 2.0
    [case] = cases(suite(OK, "level: $(l)\nmatrix: {l: [must]}"))
    assert case.level.value == "must"


def test_warnings_do_not_keep_a_case_back() -> None:
    loaded = load(suite(f"[{{mark: m}}, {OK[1:-1]}]"))
    assert [one.code for one in loaded.diagnostics] == ["unawaited-mark"]
    assert loaded.errors == 0
    assert [case.id for case in loaded.suites[0].cases] == ["one"]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  - {id: a}\n" * 5000,
        HEAD + "  - {id: a, title: A, steps: [" + "{request: {pth: a}}, " * 5000 + "]}\n",
        HEAD + "  - {id: a, title: A, steps: [" + "{request: {path: /scope, expect: {statsu: 1}}}, " * 5000 + "]}\n",
        "a: b\n" * 5000,
    ],
)
def test_a_document_full_of_mistakes_is_cut_and_gives_no_cases(text: str) -> None:
    loaded = load(text)
    assert (len(loaded.diagnostics), loaded.diagnostics[-1].code) == (LIMIT + 1, "too-many")
    assert [case for one in loaded.suites for case in one.cases] == []


def test_a_long_case_cannot_have_a_large_matrix() -> None:
    steps = "{request: {path: /status/$(x), expect: {status: 200}}}, " * 500
    text = suite(f"[{steps}]", f"matrix: {{x: {list(range(900))}}}")
    assert codes(text) == ["matrix"]
