"""Clauses with their cases: what is counted, and what the formats contain."""

from __future__ import annotations

from engine.coverage.coverage import ClauseCoverage, counts, coverage, documents
from engine.coverage.formats import markdown, named, plain, summary
from engine.model.clause import Clause, Risk, Untested, UntestedReason
from engine.terminal.coverage import each, overview


def clause(number: int, level: str = "must", section: str = "§1", reason: str = "", document: str = "D") -> Clause:
    untested = Untested(UntestedReason(reason), "because of x" if reason != "missing" else "") if reason else None
    return Clause(f"A-{number}", level, section, f"Statement {number}.", "u", Risk.DOS, untested, document)


CLAUSES = (
    clause(1),
    clause(2, section="§2"),
    clause(3, "should", reason="client-duty"),
    clause(4, reason="missing"),
    clause(5, document="E"),
)
COVERED = coverage(
    CLAUSES,
    [("s/a.yaml::x", ("A-1", "A-2")), ("s/a.yaml::y", ("A-1",)), ("s/a.yaml::y", ("A-1",)), ("s/b.yaml::z", ("B-1",))],
    {"s/a.yaml::y", "s/b.yaml::z"},
)


def test_a_clause_has_the_cases_that_cite_it_each_once() -> None:
    assert COVERED[:2] == (
        ClauseCoverage(CLAUSES[0], ("s/a.yaml::x", "s/a.yaml::y"), ("s/a.yaml::y",)),
        ClauseCoverage(CLAUSES[1], ("s/a.yaml::x",), ()),
    )


def test_counts() -> None:
    found = counts(COVERED)
    assert (found.clauses, found.tested, found.proved) == (5, 2, 1)
    assert found.untested == {UntestedReason.CLIENT_DUTY: 1, UntestedReason.MISSING: 2}
    assert summary(COVERED) == "1 client-duty, 2 missing"


def test_documents_and_sections_are_in_the_order_of_their_first_clause() -> None:
    found = [(one.title, [(part.title, len(part.clauses)) for part in one.sections]) for one in documents(COVERED)]
    assert found == [("D", [("§1", 3), ("§2", 1)]), ("E", [("§1", 1)])]


def test_clauses_without_a_proved_case_are_named_by_reason() -> None:
    assert named(COVERED) == "not proved: A-2; client-duty: A-3; missing: A-4, A-5"
    assert named(COVERED[:1]) == ""


def test_json() -> None:
    clauses = plain(COVERED)["clauses"]
    assert clauses[0] == {
        "id": "A-1",
        "level": "must",
        "risk": "dos",
        "document": "D",
        "section": "§1",
        "statement": "Statement 1.",
        "url": "u",
        "cases": ["s/a.yaml::x", "s/a.yaml::y"],
        "proved": ["s/a.yaml::y"],
        "untested": None,
    }
    assert [one["untested"] for one in clauses[2:]] == [
        {"reason": "client-duty", "because": "because of x"},
        {"reason": "missing", "because": ""},
        {"reason": "missing", "because": ""},
    ]


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n") if line.startswith("|")]


def test_markdown() -> None:
    text = markdown(COVERED)
    assert [line for line in text.split("\n") if line.startswith("#")] == ["# Coverage", "## D", "## E"]
    assert ["must", "4", "2", "1", "2 missing"] in rows(text)
    assert ["all", "5", "2", "1", "1 client-duty, 2 missing"] in rows(text)
    assert ["§1", "3", "1", "1", "client-duty: A-3; missing: A-4"] in rows(text)


def test_the_overview_has_levels_and_sections() -> None:
    lines = [line.split() for line in overview(COVERED).split("\n")]
    assert ["should", "1", "0", "0", "1", "client-duty"] in lines
    assert ["§2", "1", "1", "0", "not", "proved:", "A-2"] in lines


def test_each_clause_with_its_cases_or_its_reason() -> None:
    lines = [" ".join(line.split()) for line in each(COVERED).split("\n")]
    assert "A-1 must dos 2 1 Statement 1." in lines
    assert "s/a.yaml::x (not proved)" in lines
    assert "s/a.yaml::y" in lines
    assert "client-duty: because of x" in lines
