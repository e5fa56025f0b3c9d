"""Short ways for the loader's tests."""

from __future__ import annotations

from typing import Any

from engine.documents.composer import compose
from engine.documents.diagnostics import Diagnostic, Notes
from engine.documents.files import SourceText
from engine.loading.documents import load_text
from engine.loading.loaded import Loaded
from engine.loading.read.reader import CaseReader
from engine.model.case import Case
from engine.model.nodes import Node
from tests.loading.vocabulary import small

HEAD = "suite: A suite\ncategory: some\ncite: [SCOPE-01]\nlevel: must\ncases:\n"


def node(text: str) -> Node:
    """The tree of a text without errors."""
    notes = Notes()
    root = compose(SourceText("t.yaml", text), notes)
    assert root is not None, notes.sorted()
    assert not notes.found
    return root


def mistakes(text: str, **options: Any) -> list[Diagnostic]:
    """The notes of composing a text."""
    notes = Notes()
    compose(SourceText("t.yaml", text), notes, **options)
    return list(notes.sorted())


def reader() -> CaseReader:
    return CaseReader(small(), Notes())


def suite(steps: str, extra: str = "") -> str:
    """A suite of one case; ``steps`` is the value of `steps`, ``extra`` more lines of the case."""
    lines = "".join(f"    {line}\n" for line in extra.splitlines())
    return f"{HEAD}  - id: one\n    title: One\n{lines}    steps: {steps}\n"


def load(text: str) -> Loaded:
    return load_text(text, small())


def codes(text: str) -> list[str]:
    """The codes of a document's errors, in the order of their places."""
    return [one.code for one in load(text).diagnostics]


def cases(text: str) -> list[Case]:
    """The cases of a document without errors."""
    loaded = load(text)
    assert loaded.diagnostics == ()
    return list(loaded.whole)


OK = "[{request: {path: /scope, expect: {status: 200}}}]"
