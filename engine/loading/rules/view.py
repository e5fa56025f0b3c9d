"""The input of a rule: one expanded case with its context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.documents.diagnostics import Notes
from engine.loading.read.app_script import commands
from engine.loading.read.cases import SuiteKeys
from engine.loading.read.outline import Item, walk
from engine.loading.vocabulary import Vocabulary
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan


@dataclass(frozen=True, slots=True)
class View:
    """One case with the values of its matrix. ``lines`` are those of the source, for spans inside a text; ``matrix``
    are the names of its variables."""

    node: Node
    steps: tuple[Item, ...]
    frame: SuiteKeys
    vocabulary: Vocabulary
    notes: Notes
    lines: Sequence[str]
    matrix: Sequence[str] = ()

    def key(self, name: str) -> Node | None:
        """The value of the case under a key, else that of its suite."""
        return self.frame.key(self.node, name)

    def items(self) -> list[Item]:
        """Every step and action, in the order of the document."""
        return walk(self.steps)

    @property
    def place(self) -> SourceSpan:
        """The span of the case's id."""
        found = self.node.get("id")
        return found.place if found is not None else self.node.place

    @property
    def application(self) -> Node | None:
        return self.node.get("application")

    def commands(self) -> Iterator[tuple[str, Node]]:
        """All commands of the application's scripts, at any depth: the name and the value of each."""
        application = self.application
        if application is None:
            return
        for name, child in application.entries():
            for script in child.value.values() if name == "paths" and isinstance(child.value, dict) else [child]:
                yield from _acts(script)

    def source(self, node: Node) -> str:
        """The text of a value in its document, before variables were filled in; the first line of a longer one."""
        place = node.place
        line = self.lines[place.line - 1] if 0 < place.line <= len(self.lines) else ""
        return line[place.column - 1 : place.column - 1 + place.length]

    def inside(self, node: Node, text: str) -> SourceSpan:
        """The span of a text inside a text value; the span of the value if it cannot be found."""
        place = node.place
        if not place.line:
            return place
        for line in range(place.line, min(place.line + 200, len(self.lines)) + 1):
            start = place.column - 1 if line == place.line else 0
            if (column := self.lines[line - 1].find(text, start)) >= 0:
                return SourceSpan(place.file, line, column + 1, len(text))
        return place


def _acts(script: Node) -> Iterator[tuple[str, Node]]:
    for item in script.items():
        word, body = item.only
        yield word, body
        for key, one in commands()[word].keys.items():
            if one.kind == "commands" and (inner := body.get(key)) is not None:
                yield from _acts(inner)
