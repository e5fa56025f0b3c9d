"""The header of a record: what the machine and the documents were."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.app.run_ids import digests, machine


def test_the_machine_is_described() -> None:
    found = machine()
    assert set(found) == {"cpu", "cores", "memory", "architecture"}
    assert found["cores"] >= 1
    assert found["memory"] > 2**20


def test_a_document_that_is_gone_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"x\n")
    found = digests({"specs/a.yaml": str(tmp_path / "a.yaml"), "specs/b.yaml": str(tmp_path / "b.yaml")})
    assert found == {"specs/a.yaml": hashlib.sha256(b"x\n").hexdigest()}
