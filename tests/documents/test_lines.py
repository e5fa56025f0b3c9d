"""Lines of documents for excerpts."""

from __future__ import annotations

from pathlib import Path

from engine.documents.lines import DocumentLines
from engine.model.source_span import NOWHERE, Excerpt, SourceSpan
from tests.pipes import pipe


def test_a_line_is_the_one_that_the_document_had_first(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"one\r\n  two\n\xff\n")
    lines = DocumentLines()
    assert lines(SourceSpan(str(path), 2, 3, 3)) == Excerpt("  two", 2, 3)
    path.write_text("changed\n")
    assert lines(SourceSpan(str(path), 1, 1, 3)) == Excerpt("one", 0, 3)
    assert lines(SourceSpan(str(path), 9, 1)) is None
    assert lines(SourceSpan(str(tmp_path / "none"), 1, 1)) is None
    assert lines(NOWHERE) is None


def test_a_named_pipe_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    with pipe(path, "text\n"):
        assert DocumentLines()(SourceSpan(str(path), 1, 1)) is None
