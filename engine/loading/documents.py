"""Loading documents, for the linter, pytest and the grid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from engine.documents.composer import compose
from engine.documents.diagnostics import LIMIT, Diagnostic, Notes
from engine.documents.files import SourceText, read_all
from engine.documents.roots import Roots
from engine.loading.cache import DocumentCache, digest_of
from engine.loading.declarations import is_declaration
from engine.loading.loaded import Loaded
from engine.loading.read.cases import SuiteKeys, read_case
from engine.loading.read.deliveries import deliveries
from engine.loading.read.history import bugs_of
from engine.loading.read.matrix import expand
from engine.loading.read.outline import Item, outline
from engine.loading.read.reader import CaseReader
from engine.loading.read.sheets import clauses_of, failures_of
from engine.loading.rules import (
    clauses,
    clients,
    evaluation,
    facts,
    held,
    history,
    known,
    marks,
    messages,
    processes,
    references,
    same_as,
    settings,
    suites,
    targets,
    types,
    variables,
    waits,
)
from engine.loading.rules.view import View
from engine.loading.schema import validate as validity
from engine.loading.schema.compose import compose_schemas
from engine.loading.schema.recover import Repaired, follows, repair
from engine.loading.vocabulary import Vocabulary
from engine.model.baseline import KnownFailure
from engine.model.bug import Bug
from engine.model.case import Case, Suite
from engine.model.clause import Clause
from engine.model.nodes import Node
from engine.model.settings import KIND as SETTINGS
from engine.model.source_span import NOWHERE
from engine.model.variables import names_in
from engine.registry import nearest

RULES = (
    evaluation.check, facts.check, types.check, variables.check, references.check, same_as.check, marks.check,
    processes.check, targets.check, messages.check, waits.check, held.check, clients.check,
)  # fmt: skip

KINDS = ("suite", "clauses", "known-failures", "history", SETTINGS)


@dataclass(frozen=True)
class Language:
    """The schemas of a vocabulary, and the functions that quickly check whether a document matches them."""

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
    def frame(self) -> dict[str, Any]:
        """The schema of a suite without its cases."""
        return {**self.suite, "properties": {**self.suite["properties"], "cases": True}}

    @cached_property
    def fits_frame(self) -> validity.Check:
        return validity.checker(self.frame)

    @cached_property
    def case_schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/case", "$defs": self.suite["$defs"]}


_languages: WeakKeyDictionary[Vocabulary, Language] = WeakKeyDictionary()


def language_of(vocabulary: Vocabulary) -> Language:
    """The language of a vocabulary, composed once, since pytest loads one file at a time."""
    if vocabulary not in _languages:
        _languages[vocabulary] = Language(vocabulary)
    return _languages[vocabulary]


def load_paths(
    paths: Sequence[Path], vocabulary: Vocabulary, kept: DocumentCache | None = None, roots: Roots | None = None
) -> Loaded:
    """Load every document at or below the paths. Errors are not raised; they are part of the diagnostics.

    ``kept`` is the cache of documents without errors, and takes new ones. ``roots`` determines the addresses of
    documents, by default from these paths.
    """
    language = language_of(vocabulary)
    gathered = _Gathered(language, kept)
    every = list(read_all(paths, roots))
    for number, found in enumerate(every, 1):
        gathered.files += 1
        if isinstance(found, Diagnostic):
            gathered.diagnostics.append(found)
        else:
            gathered.take(found, every[number:])
    return Loaded(
        tuple(gathered.suites),
        tuple(gathered.diagnostics),
        tuple(gathered.known_failures),
        gathered.sources,
        gathered.files,
        tuple(gathered.clauses),
        broken=tuple(gathered.broken),
        declarations=tuple(gathered.declarations),
        digests=tuple(gathered.digests),
        bugs=tuple(gathered.bugs),
        settings=tuple(gathered.settings),
    )


def load_text(text: str, vocabulary: Vocabulary, file: str = "text.yaml") -> Loaded:
    """One document from a text."""
    gathered = _Gathered(language_of(vocabulary))
    gathered.files = 1
    gathered.take(SourceText(file, text))
    return Loaded(
        tuple(gathered.suites),
        tuple(gathered.diagnostics),
        tuple(gathered.known_failures),
        gathered.sources,
        1,
        bugs=tuple(gathered.bugs),
    )


@dataclass(slots=True)
class _Gathered:
    """The documents loaded so far."""

    language: Language
    kept: DocumentCache | None = None
    suites: list[Suite] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    known_failures: list[KnownFailure] = field(default_factory=list)
    bugs: list[Bug] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    files: int = 0
    clauses: list[Clause] = field(default_factory=list)
    clause_places: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    declarations: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def take(self, source: SourceText, others: Sequence[SourceText | Diagnostic] = ()) -> None:
        """Load one document. ``others`` come after it: if another process is reading this one, they are read first."""
        self.digests.append(digest_of(source))
        if self.kept is None:
            self._read(source)
        elif not self._found(source, self.kept):
            if not self.kept.claim(source, wait=False):
                self._share(others, self.kept)
                self.kept.claim(source, wait=True)
            try:
                if not self._found(source, self.kept):
                    self._read(source)
            finally:
                self.kept.release(source)

    def _share(self, others: Sequence[SourceText | Diagnostic], kept: DocumentCache) -> None:
        """Cache the documents that no process has read yet, from the end, where the process that is ahead comes
        last."""
        for source in reversed(others):
            if isinstance(source, Diagnostic) or kept.has(source) or not kept.claim(source, wait=False):
                continue
            try:
                if not kept.has(source):
                    _Gathered(self.language, kept)._read(source)
            finally:
                kept.release(source)

    def _found(self, source: SourceText, kept: DocumentCache) -> bool:
        """Take a document from the cache; whether it is there. One of clauses is read again, for the others' sake."""
        held = kept.find(source, whole=True)
        if held is None or held.clauses:
            return False
        self.suites.extend(held.suites)
        self.known_failures.extend(held.known_failures)
        self.bugs.extend(held.bugs)
        self.settings.extend(held.settings)
        return True

    def _read(self, source: SourceText) -> None:
        """Read a document, and cache it if it has no errors."""
        notes = Notes()
        before = self._counts()
        root = compose(source, notes)
        if root is not None:
            self._document(root, source, notes)
        found = notes.sorted()
        if found:
            self.sources[source.file] = source.text
            self.diagnostics.extend(found)
        elif self.kept is not None and before != self._counts():
            suites, lines = self.suites[before[0] :], self.known_failures[before[1] :]
            clauses, bugs = tuple(self.clauses[before[2] :]), tuple(self.bugs[before[3] :])
            own = tuple(self.settings[before[4] :])
            held = Loaded(tuple(suites), (), tuple(lines), files=1, clauses=clauses, bugs=bugs, settings=own)
            self.kept.keep(source, held)

    def _counts(self) -> tuple[int, int, int, int, int]:
        return len(self.suites), len(self.known_failures), len(self.clauses), len(self.bugs), len(self.settings)

    def _document(self, root: Node, source: SourceText, notes: Notes) -> None:
        if is_declaration(root, source.file):
            self.declarations.append(source.file)
            return
        first = next(root.entries(), None)
        if first is None or first[0] not in KINDS:
            what = f"unknown type of file: {first[0]!r}" if first is not None else "a file must be a mapping"
            hint = nearest(first[0], KINDS) if first is not None else ""
            hint = (
                hint if hint.startswith("did you mean") else f"the first key of a file is its type: {', '.join(KINDS)}"
            )
            notes.claim(first[1].key if first is not None else root.place, "document-kind", what, hint)
            return
        kind = first[0]
        if kind == "suite":
            suite = _Suite(root, source, self.language, notes).read()
            self.suites.append(suite)
            self.broken.extend(_left_out(root, suite))
        elif (whole := self._whole(kind, root, notes)) is not None:
            if kind == "known-failures":
                known.check(whole, notes)
                self.known_failures.extend(() if notes.errors else failures_of(whole))
            elif kind == "history":
                history.check(whole, notes)
                self.bugs.extend(() if notes.errors else bugs_of(whole))
            elif kind == SETTINGS:
                settings.check(whole, self.language.vocabulary.names, notes)
                self.settings.append(source.file)
            else:
                clauses.check(whole, notes)
                self._clauses(whole, notes)

    def _whole(self, kind: str, root: Node, notes: Notes) -> Node | None:
        """The document with its structural errors repaired, each of them noted; None if it cannot be repaired."""
        if self.language.fits[kind](root):
            return root
        repaired = repair(root, self.language.schemas[kind], notes)
        return repaired.node if repaired is not None else None

    def _clauses(self, root: Node, notes: Notes) -> None:
        for clause, node in clauses_of(root):
            if node.place == NOWHERE:
                continue
            if clause.id in self.clause_places:
                hint = f"the first stands at {self.clause_places[clause.id]}"
                notes.error(node.place, "duplicate-id", f"two clauses have the id {clause.id!r}", hint)
            elif not notes.errors:
                self.clauses.append(clause)
            self.clause_places.setdefault(clause.id, str(node.place))


def _left_out(root: Node, suite: Suite) -> Iterator[str]:
    """The addresses of the cases of a document that its suite lacks, since they have errors."""
    listed = root.get("cases")
    there = {case.stem for case in suite.cases}
    for node in listed.items() if listed is not None else ():
        identity = node.get("id")
        name = str(identity.value) if identity is not None else ""
        if name not in there:
            yield f"{suite.file}::{name}"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A case as the rules need it: ``sound`` if it needed no repair, else with the words that were lost."""

    node: Node
    sound: bool
    lost: frozenset[str] = frozenset()


class _Suite:
    """The reading of one suite's document."""

    def __init__(self, root: Node, source: SourceText, language: Language, notes: Notes) -> None:
        self.source = source
        self.language = language
        self.notes = notes
        self.lines = source.text.split("\n")
        listed = root.get("cases")
        self.nodes = listed.items() if listed is not None else []
        self.frame = SuiteKeys(source.address, self._levelled(self._frame(root)))

    def read(self) -> Suite:
        """The suite, with its cases that have no errors."""
        before = self.notes.errors
        prepared = list(self._prepared())
        suites.check([one.node for one in prepared], self.notes)
        cases: list[Case] = []
        for one in prepared:
            if self.notes.errors > LIMIT:
                break
            cases.extend(self._case(one))
        if self.notes.errors == before:
            # A case with an error may be the missing one.
            suites.check_variants([one.node for one in prepared], {case.id: None for case in cases}, self.notes)
        return Suite(self.frame.title, self.source.address, self.frame.category, tuple(cases))

    def _frame(self, root: Node) -> Node:
        """The suite's own keys, with their structural errors noted and repaired."""
        self.sound = True
        if (self.language.fits_frame if self.nodes else self.language.fits["suite"])(root):
            return root
        self.sound = False
        repaired = repair(root, self.language.frame if self.nodes else self.language.suite, self.notes)
        return repaired.node if repaired is not None else Node({}, root.place, root.key)

    def _levelled(self, frame: Node) -> Node:
        """The suite's own keys with a level. Several cases that all lack one are one error, at the suite."""
        cases_have = any(node.get(key) is not None for node in self.nodes for key in ("level", "variants"))
        if len(self.nodes) < 2 or cases_have or frame.get("level") is not None:
            return frame
        hint = "add `level: must` to it, or a level to each case"
        self.notes.error(frame.place, "missing-key", "neither this suite nor a case of it has a `level`", hint)
        return Node({**dict(frame.entries()), "level": Node("must", NOWHERE, NOWHERE)}, frame.place, frame.key)

    def _prepared(self) -> Iterator[_Prepared]:
        """All cases, with their structural errors noted and repaired. jsonschema takes milliseconds for each case, so
        it only gets invalid cases, and no more than can be reported."""
        # A value that the composer rejected is replaced by a harmless one, which may match the schema.
        starts = [node.place.line for node in self.nodes]
        refused = {bisect_right(starts, found.place.line) - 1 for found in self.notes.found if found.is_error}
        for index, node in enumerate(self.nodes):
            if self.language.fits_case(node):
                yield _Prepared(node, self.sound and index not in refused)
            elif self.notes.errors <= LIMIT:
                schema, name = self.language.case_schema, "an item of `cases`"
                repaired = repair(node, schema, self.notes, name, partial(_waits, matrix=node.get("matrix")))
                if repaired is not None:
                    sound = self.sound and index not in refused and not repaired.mended
                    yield _Prepared(repaired.node, sound, repaired.lost)

    def _rules(self, node: Node, matrix: Node | None, notes: Notes) -> tuple[Item, ...]:
        """Check a structurally valid case against the rules. Returns its steps, as an outline."""
        steps = node.get("steps")
        items = outline(steps, self.language.vocabulary) if steps is not None else ()
        names = [name for name, _ in matrix.entries()] if matrix is not None else []
        view = View(node, items, self.frame, self.language.vocabulary, notes, self.lines, names)
        for rule in RULES:
            rule(view)
        return items

    def _case(self, prepared: _Prepared) -> list[Case]:
        """The cases made from one, for each value of its matrix; semantic errors are noted."""
        cases: list[Case] = []
        of_matrix = Notes(taken=self.notes.taken) if prepared.lost else self.notes
        variants = expand(prepared.node, self.language.suite, of_matrix)
        if prepared.lost:
            self._take(of_matrix, prepared.lost)
        for expanded in variants:
            if self.notes.errors > LIMIT:
                break
            found, sound, lost = expanded, prepared.sound and expanded.sound, prepared.lost
            if (expanded.variant or not sound) and not self.language.fits_case(expanded.node):
                repaired = self._variant(expanded.node)
                if repaired is None:
                    continue
                found, sound, lost = replace(expanded, node=repaired.node), False, lost | repaired.lost
            notes = Notes(taken=self.notes.taken) if lost else self.notes
            before = notes.errors
            items = self._rules(found.node, prepared.node.get("matrix"), notes)
            reader = CaseReader(self.language.vocabulary, notes)
            case = read_case(found, self.frame, items, reader)
            # The deliveries are the same for all values of the matrix, and so are their errors.
            several = deliveries(self.frame.key(found.node, "delivery"), reader)
            if lost:
                self._take(notes, lost)
            elif sound and case is not None and notes.errors == before:
                cases.extend(case.delivered(one) for one in several)
        return cases

    def _variant(self, node: Node) -> Repaired | None:
        """A case with one combination of its matrix values that has errors: each combination is reported separately."""
        notes = Notes(taken=self.notes.taken)
        repaired = repair(node, self.language.case_schema, notes)
        self._take(notes, frozenset())
        return repaired

    def _take(self, notes: Notes, lost: frozenset[str]) -> None:
        """Take over what was noted, except errors that may follow only from the lost words."""
        for found in notes.found:
            if not follows(found, lost):
                self.notes.add(found)


def _waits(node: Node, matrix: Node | None) -> bool:
    """True if a value depends on the matrix of its case; the case is checked again when the values are filled in."""
    names = [name for name, _ in matrix.entries()] if matrix is not None else []
    if isinstance(node.value, dict):
        variable = node.value.get("var")
        return variable is not None and str(variable.value).partition(".")[0] in names
    return isinstance(node.value, str) and any(used.partition(".")[0] in names for used in names_in(node.value))
