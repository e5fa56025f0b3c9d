"""``engine coverage`` as a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.app.coverage import proved
from engine.errors import DocumentError
from tests.cli.conftest import Engine

SPECS = Path(__file__).parents[2] / "specs"

OWN = """\
clauses: Own
list:
  - {id: OWN-1, level: must, clause: one, statement: Tested., risk: dos}
  - {id: OWN-2, level: may, clause: two, statement: A zyzzyva., untested: {reason: superseded, because: by OWN-1}}
"""
KEYS = {"id", "level", "cases", "proved", "untested"}


@pytest.fixture
def own(suites: Path) -> Path:
    (suites / "own.yaml").write_text(OWN)
    cases = suites / "cases.yaml"
    cases.write_text(cases.read_text().replace("[SCOPE-01]", "[OWN-1]"))
    return suites


@pytest.mark.usefixtures("own")
def test_json_has_every_clause_that_the_cases_may_cite(engine: Engine) -> None:
    ran = engine("coverage", ".", "--format", "json")
    assert ran.returncode == 0
    clauses = {one["id"]: one for one in json.loads(ran.stdout)["clauses"]}
    assert all(set(one) >= KEYS for one in clauses.values())
    assert clauses["OWN-1"]["cases"] == ["cases.yaml::good", "cases.yaml::slow"]
    assert clauses["OWN-2"]["untested"] == {"reason": "superseded", "because": "by OWN-1"}
    assert {"SCOPE-01", "H1-17"} < set(clauses)


@pytest.mark.usefixtures("own")
def test_the_clauses_of_a_word(engine: Engine) -> None:
    ran = engine("coverage", ".", "zyzzyva")
    assert ran.returncode == 0
    assert "superseded: by OWN-1" in ran.stdout
    assert "OWN-1 " not in ran.stdout


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_word_that_no_clause_has_is_an_error(engine: Engine, form: str) -> None:
    ran = engine("coverage", ".", "zyzzyva", "nothing-has-this", "--format", form)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no clause has 'zyzzyva' and 'nothing-has-this'" in ran.stderr


@pytest.mark.usefixtures("own")
def test_the_overview(engine: Engine) -> None:
    lines = [line.split() for line in engine("coverage", ".").stdout.split("\n")]
    assert ["one", "1", "1", "0", "not", "proved:", "OWN-1"] in lines
    assert ["two", "1", "0", "0", "superseded:", "OWN-2"] in lines
    assert "## Own" in engine("coverage", ".", "--format", "markdown").stdout


def test_documents_with_errors_are_reported(engine: Engine, suites: Path) -> None:
    (suites / "wrong.yaml").write_text("suite: S\ncases: []\n")
    ran = engine("coverage", ".")
    assert ran.returncode == 1
    assert "wrong.yaml" in ran.stderr


def test_the_engines_own_cases_are_proved_by_their_mutants() -> None:
    found = proved(SPECS)
    assert "specs/http/wire.yaml::missing-host" in found
    assert not [case for case in found if not (SPECS.parent / case.partition("::")[0]).is_file()]


def test_a_case_without_a_record_is_not_proved(tmp_path: Path) -> None:
    assert proved(tmp_path) == frozenset()


@pytest.mark.parametrize("text", ["[", "[]", '{"a": 1}', '{"a": [1]}', "\xff"])
def test_a_record_of_another_form_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "mutants.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DocumentError, match="it does not map mutants to cases"):
        proved(tmp_path)
