from __future__ import annotations

from pathlib import Path

from engine.loading.catalogue import read_clauses
from engine.model.clause import Clause, Risk, Untested, UntestedReason


def test_clauses_are_read_from_among_other_documents(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "# yaml-language-server: $schema=x\nclauses: C\nsource: the source\nlink: a link\nlist:\n"
        "  - {id: A-01, level: implied, statement: It holds.}\n"
        "  - {id: A-02, level: must, clause: section 2, statement: So does this., url: another, risk: dos,\n"
        "     untested: {reason: client-duty, because: It binds clients.}}\n"
    )
    (tmp_path / "b.yaml").write_text("clauses: D\nlist:\n  - {id: A-01, level: must, statement: Again.}\n")
    (tmp_path / "c.yaml").write_text("suite: S\ncases: []\n")
    (tmp_path / "d.yaml").write_text("clauses: E\nlist: [\n")
    (tmp_path / "e.yaml").write_bytes(b"\xff")
    assert read_clauses([tmp_path]) == {
        "A-01": Clause("A-01", "implied", "the source", "It holds.", "a link", document="C"),
        "A-02": Clause(
            "A-02",
            "must",
            "section 2",
            "So does this.",
            "another",
            risk=Risk.DOS,
            untested=Untested(UntestedReason.CLIENT_DUTY, "It binds clients."),
            document="C",
        ),
    }
