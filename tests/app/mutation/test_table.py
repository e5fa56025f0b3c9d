"""The table of mutants: its file, and what it proves."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.mutation.table import Row, Table, case_name, read, text_of
from engine.errors import DocumentError

TABLE = Table(
    {
        "reference~a": Row(("x.yaml::one", "x.yaml::two[1]"), ("x.yaml::slow",)),
        "reference~b": Row(("x.yaml::one", "x.yaml::two[1]")),
        "reference~c": Row(("x.yaml::two[1]",)),
        "reference~d": Row(),
    }
)


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    path.write_text(text_of(TABLE), "utf-8")
    assert read(path) == TABLE
    assert len(path.read_text("utf-8").splitlines()) == len(TABLE.rows) + 2


def test_there_may_be_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "mutants.json").rows == {}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a": [1]}', '{"a": {"killed": [1], "timeouts": []}}', '{"a": {"killed": []}}']
)
def test_a_malformed_file_is_a_document_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mutants.json"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError, match="does not map mutants to cases"):
        read(path)


def test_mutants_with_the_same_cases_count_once_and_survivors_do_not() -> None:
    assert TABLE.distinct == 2


def test_a_timeout_proves_nothing() -> None:
    assert TABLE.proved == {"x.yaml::one", "x.yaml::two[1]", "x.yaml::two"}
    assert TABLE.killers["x.yaml::one"] == ("reference~a", "reference~b")


def test_an_update_replaces_rows_and_drops_mutants_that_are_gone() -> None:
    changed = TABLE.updated({"reference~c": Row(("y.yaml::new",))}, ["reference~c", "reference~a", "reference~new"])
    assert list(changed.rows) == ["reference~a", "reference~c"]
    assert changed.rows["reference~c"].killed == ("y.yaml::new",)


def test_a_partial_run_leaves_the_cases_that_did_not_run() -> None:
    merged = TABLE.merged("reference~a", Row(("x.yaml::slow",)), {"x.yaml::one", "x.yaml::slow"})
    assert merged == Row(("x.yaml::slow", "x.yaml::two[1]"))


def test_a_case_is_named_by_its_file_below_specs() -> None:
    assert case_name("specs/http/wire.yaml", "missing-host") == "http/wire.yaml::missing-host"
