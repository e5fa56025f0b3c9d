"""Loading documents: the one way in for the linter, for pytest and for the grid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from engine.loading import validity
from engine.loading.cache import Kept, uncollected
from engine.loading.cases import Frame, read_case
from engine.loading.complaints import complain
from engine.loading.composer import compose
from engine.loading.diagnostics import LIMIT, Diagnostic, Notes
from engine.loading.files import Source, read_all
from engine.loading.loaded import Loaded
from engine.loading.matrix import expand
from engine.loading.outline import Item, outline
from engine.loading.reader import CaseReader
from engine.loading.roots import Roots
from engine.loading.rules import (
    evaluation,
    facts,
    known,
    marks,
    processes,
    references,
    suites,
    targets,
    types,
    variables,
)
from engine.loading.rules.view import View
from engine.loading.salvage import SAFE, salvage
from engine.loading.schema import compose_schemas
from engine.loading.sheets import clauses_of, failures_of
from engine.loading.vocabulary import Vocabulary
from engine.model.baseline import KnownFailure
from engine.model.case import Case, Suite
from engine.model.nodes import Node
from engine.model.variables import names_in
from engine.registry import nearest

RULES = (
    evaluation.check, facts.check, types.check, variables.check, references.check, marks.check, processes.check,
    targets.check,
)  # fmt: skip

KINDS = ("suite", "clauses", "known-failures", "history")


@dataclass(frozen=True)
class Language:
    """The schemas of a vocabulary, and the functions that decide fast whether a document fits them."""

    vocabulary: Vocabulary

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        return compose_schemas(self.vocabulary)

    @cached_property
    def suite(self) -> dict[str, Any]:
        return self.schemas["suite"]

    @cached_property
    def fits(self) -> dict[str, validity.Check]:
        return {name: validity.checker(schema) for name, schema in self.schemas.items()}

    @cached_property
    def fits_case(self) -> validity.Check:
        return validity.checker(self.suite, "case")

    @cached_property
    def case_schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/case", "$defs": self.suite["$defs"]}


_languages: WeakKeyDictionary[Vocabulary, Language] = WeakKeyDictionary()


def language_of(vocabulary: Vocabulary) -> Language:
    """The language of a vocabulary, composed once: pytest loads a file at a time."""
    if vocabulary not in _languages:
        _languages[vocabulary] = Language(vocabulary)
    return _languages[vocabulary]


def load_paths(
    paths: Sequence[Path], vocabulary: Vocabulary, kept: Kept | None = None, roots: Roots | None = None
) -> Loaded:
    """Every document at or below the paths. Nothing is raised for a mistake: it is among the diagnostics.

    ``kept`` has what documents held that had none the last time, and takes new ones. ``roots`` gives the addresses of
    documents, by default those of these paths.
    """
    language = language_of(vocabulary)
    gathered = _Gathered(language, kept)
    with uncollected():
        for found in read_all(paths, roots):
            gathered.files += 1
            if isinstance(found, Diagnostic):
                gathered.diagnostics.append(found)
            else:
                gathered.take(found)
    return Loaded(
        tuple(gathered.suites),
        tuple(gathered.diagnostics),
        tuple(gathered.known_failures),
        gathered.sources,
        gathered.files,
        tuple(gathered.clause_places),
        broken=tuple(gathered.broken),
    )


def load_text(text: str, vocabulary: Vocabulary, file: str = "text.yaml") -> Loaded:
    """One document from a text."""
    gathered = _Gathered(language_of(vocabulary))
    gathered.files = 1
    gathered.take(Source(file, text))
    return Loaded(
        tuple(gathered.suites), tuple(gathered.diagnostics), tuple(gathered.known_failures), gathered.sources, 1
    )


@dataclass(slots=True)
class _Gathered:
    """What was loaded so far."""

    language: Language
    kept: Kept | None = None
    suites: list[Suite] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    known_failures: list[KnownFailure] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    files: int = 0
    clause_places: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def take(self, source: Source) -> None:
        """Load one document."""
        held = self.kept.find(source) if self.kept is not None else None
        if held is not None and not held.clauses:
            self.suites.extend(held.suites)
            self.known_failures.extend(held.known_failures)
            return
        notes = Notes()
        before = len(self.suites), len(self.known_failures), len(self.clause_places)
        root = compose(source, notes)
        if root is not None:
            self._document(root, source, notes)
        found = notes.sorted()
        if found:
            self.sources[source.file] = source.text
            self.diagnostics.extend(found)
        elif self.kept is not None and before != (len(self.suites), len(self.known_failures), len(self.clause_places)):
            suites, lines = self.suites[before[0] :], self.known_failures[before[1] :]
            clauses = list(self.clause_places)[before[2] :]
            held = Loaded(tuple(suites), (), tuple(lines), files=1, clauses=tuple(clauses))
            self.kept.keep(source, held)

    def _document(self, root: Node, source: Source, notes: Notes) -> None:
        first = next(root.entries(), None)
        if first is None or first[0] not in KINDS:
            what = f"this document starts with {first[0]!r}" if first is not None else "a document is a mapping"
            hint = nearest(first[0], KINDS) if first is not None else ""
            hint = hint if hint.startswith("did you mean") else f"its first key says what it is: {', '.join(KINDS)}"
            notes.claim(first[1].key if first is not None else root.place, "document-kind", what, hint)
            return
        kind = first[0]
        if kind == "history":
            notes.claim(
                first[1].key, "document-kind", "this version of the engine reads no history", "move the file elsewhere"
            )
        elif kind == "suite":
            suite = _Suite(root, source, self.language, notes).read()
            self.suites.append(suite)
            self.broken.extend(_left_out(root, suite))
        elif self._fits(kind, root, notes):
            if kind == "known-failures":
                known.check(root, notes)
                self.known_failures.extend(failures_of(root))
            else:
                self._clauses(root, source, notes)

    def _fits(self, kind: str, root: Node, notes: Notes) -> bool:
        if not self.language.fits[kind](root):
            complain(self.language.schemas[kind], root, notes)
        return not notes.errors

    def _clauses(self, root: Node, source: Source, notes: Notes) -> None:
        for clause, node in clauses_of(root):
            if clause.id in self.clause_places:
                hint = f"the first stands at {self.clause_places[clause.id]}"
                notes.error(node.place, "duplicate-id", f"two clauses are called {clause.id!r}", hint)
            self.clause_places.setdefault(clause.id, str(node.place))


def _left_out(root: Node, suite: Suite) -> Iterator[str]:
    """The addresses of the cases of a document that its suite lacks, since they have mistakes."""
    listed = root.get("cases")
    there = {case.stem for case in suite.cases}
    for node in listed.items() if listed is not None else ():
        identity = node.get("id")
        name = str(identity.value) if identity is not None else ""
        if name not in there:
            yield f"{suite.file}::{name}"


class _Suite:
    """The reading of one suite's document."""

    def __init__(self, root: Node, source: Source, language: Language, notes: Notes) -> None:
        self.frame = Frame(source.address, root)
        self.source = source
        self.language = language
        self.notes = notes
        self.lines = source.text.split("\n")

    def read(self) -> Suite:
        """The suite with those of its cases that have no mistake."""
        root = self.frame.root
        broken = self._broken() if self.notes.errors or not self.language.fits["suite"](root) else set()
        nodes = self.nodes
        suites.check(nodes, self.notes)
        sound = -1 not in broken
        cases: list[Case] = []
        for index, node in enumerate(nodes):
            if self.notes.errors > LIMIT:
                break
            if index not in broken and sound:
                cases.extend(self._case(node))
            else:
                self._rest_of(node)
        return Suite(self.frame.title, self.source.address, self.frame.category, tuple(cases))

    def _broken(self) -> set[int]:
        """Complain about the document's form. The indices of the cases with mistakes, and -1 if the suite has one
        that no case can be read without."""
        nodes = self.nodes
        found = {index for index, node in enumerate(nodes) if not self.language.fits_case(node)}
        # jsonschema takes milliseconds a case: it is shown those that are wrong, and no more than can be told of.
        shown = sorted(found)[:LIMIT] or list(range(min(len(nodes), 1)))
        ways = complain(
            self.language.suite, self._with(shown), self.notes, lambda node, way: self._excused(node, way, shown)
        )
        told = {shown[int(way[1])] for way in ways if len(way) > 1 and way[0] == "cases"}
        if any(way and way[0] != "note" and (way[0] != "cases" or len(way) == 1) for way in ways):
            told.add(-1)
        # What the composer refused has a harmless value, which may well fit the schema.
        starts = [node.place.line for node in nodes]
        for diagnostic in self.notes.found:
            if diagnostic.is_error and (index := bisect_right(starts, diagnostic.place.line) - 1) >= 0:
                told.add(index)
        return told | (found if self.notes.errors > LIMIT else set(sorted(found)[LIMIT:]))

    @property
    def nodes(self) -> list[Node]:
        """The cases as they stand in the document."""
        listed = self.frame.root.get("cases")
        return listed.items() if listed is not None else []

    def _with(self, chosen: list[int]) -> Node:
        """The document with some of its cases only."""
        root, listed = self.frame.root, self.frame.root.get("cases")
        if listed is None or not listed.items():
            return root
        fewer = Node([listed.items()[index] for index in chosen], listed.place, listed.key)
        return Node({**dict(root.entries()), "cases": fewer}, root.place, root.key)

    def _excused(self, node: Node, way: Sequence[str | int], shown: Sequence[int]) -> bool:
        """Whether a value waits for the matrix of its case: the expanded case is checked again."""
        if len(way) < 3 or way[0] != "cases":
            return False
        case = self.nodes[shown[int(way[1])]]
        matrix = case.get("matrix")
        names = [name for name, _ in matrix.entries()] if matrix is not None else []
        if isinstance(node.value, dict):
            variable = node.value.get("var")
            return variable is not None and str(variable.value).partition(".")[0] in names
        return isinstance(node.value, str) and any(used.partition(".")[0] in names for used in names_in(node.value))

    def _rest_of(self, node: Node) -> None:
        """Note the mistakes of meaning in a case that has mistakes of form as well."""
        left = salvage(node, self.language.case_schema, self.language.fits_case)
        if left is None:
            return
        inner = Notes(taken=set(self.notes.taken))
        for expanded in expand(left, self.language.suite, inner):
            if not expanded.variant or self.language.fits_case(expanded.node):
                self._rules(expanded.node, inner)
        for diagnostic in inner.found:
            if diagnostic.code in SAFE:
                self.notes.error(diagnostic.place, diagnostic.code, diagnostic.what, diagnostic.hint)

    def _rules(self, node: Node, notes: Notes) -> tuple[Item, ...]:
        """Hold a case of the right form against the rules. Its steps, as an outline."""
        steps = node.get("steps")
        items = outline(steps, self.language.vocabulary) if steps is not None else ()
        view = View(node, items, self.frame, self.language.vocabulary, notes, self.lines)
        for rule in RULES:
            rule(view)
        return items

    def _case(self, node: Node) -> list[Case]:
        cases: list[Case] = []
        for expanded in expand(node, self.language.suite, self.notes):
            if self.notes.errors > LIMIT:
                break
            if expanded.variant and not self._fits_expanded(expanded.node):
                continue
            before = self.notes.errors
            items = self._rules(expanded.node, self.notes)
            reader = CaseReader(self.language.vocabulary, self.notes)
            case = read_case(expanded, self.frame, items, reader)
            if case is not None and self.notes.errors == before:
                cases.append(case)
        return cases

    def _fits_expanded(self, node: Node) -> bool:
        if self.language.fits_case(node):
            return True
        inner = Notes(taken=set(self.notes.taken))
        complain(self.language.case_schema, node, inner)
        for diagnostic in inner.found:
            self.notes.error(diagnostic.place, diagnostic.code, diagnostic.what, diagnostic.hint)
        return False
