"""A cache of a test has the documents of the default cache, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.caches import with_documents


def test_documents_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "default"))
    for name in ("documents", "environments"):
        (tmp_path / "default" / name).mkdir(parents=True)
    (tmp_path / "default" / "documents" / "a.pickle").touch()
    own = with_documents(tmp_path / "own")
    assert with_documents(own) == own
    assert [path.name for path in own.rglob("*")] == ["documents"]
    assert (own / "documents" / "a.pickle").exists()
