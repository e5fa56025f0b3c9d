"""Declarations of the project: contracts and frameworks, which another package reads.

This module recognizes them among documents and validates them against their schemas: every structural error with its
place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from engine.documents.composer import compose
from engine.documents.diagnostics import Diagnostic, Notes
from engine.documents.files import SourceText
from engine.loading.schema.recover import repair
from engine.model.nodes import Node

CONTRACT = "contract"
FRAMEWORK_FILE = "framework.yaml"


def is_declaration(root: Node, file: str) -> bool:
    """True if a tree is a contract, by its first key, or a framework, by its file's name."""
    return PurePath(file).name == FRAMEWORK_FILE or next(root.entries(), ("",))[0] == CONTRACT


def mistakes_in(source: SourceText, schema: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """Every syntax error and structural error in a declaration."""
    notes = Notes()
    root = compose(source, notes)
    if root is not None:
        repair(root, schema, notes)
    return notes.sorted()
