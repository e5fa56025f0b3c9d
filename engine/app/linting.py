"""All errors of documents: those of each by itself, and those that show only in comparison with other documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.app import baseline, clause_lint, declarations
from engine.app.engine import Engine
from engine.app.history import documents_of
from engine.app.target_names import target_names
from engine.documents.diagnostics import Diagnostic
from engine.documents.files import SUFFIXES
from engine.documents.roots import absolute
from engine.errors import DocumentError
from engine.loading.loaded import Loaded
from engine.loading.rules import extended, history
from engine.model.addresses import parsed
from engine.model.bug import FRAMEWORK, SERVER
from engine.model.case import CaseHeader


def lint(engine: Engine, paths: Sequence[Path], declared: Sequence[Path] = ()) -> Loaded:
    """The documents under some paths with every error in them. Errors of declarations, which ``declared`` adds to, and
    those that show only in comparison with other documents come last. If a contract is wrong, only its errors: without
    it no suite can be checked."""
    try:
        loaded = engine.load(paths)
    except DocumentError:
        found = declarations.lint(declarations.contracts(engine.project_paths.frameworks))
        if found.errors:
            return found
        raise
    of_declarations = declarations.lint([*map(Path, loaded.declarations), *declared])
    more = (
        *baseline.beside(engine, loaded.known_failures),
        *clause_lint.beside(engine, loaded),
        *_resting(engine, paths, loaded),
        *_history(engine, paths, loaded),
    )
    return replace(
        loaded,
        diagnostics=(*loaded.diagnostics, *of_declarations.diagnostics, *more),
        sources={**loaded.sources, **of_declarations.sources},
        files=loaded.files + len(declared),
    )


def _resting(engine: Engine, paths: Sequence[Path], loaded: Loaded) -> Iterator[Diagnostic]:
    """Clauses that only extended cases cite. The other suites of the collection are read only if there may be
    such."""
    cases = [case for suite in loaded.suites for case in suite.cases]
    clauses = engine.beside(paths).words.loading.clauses if any(case.extended for case in cases) else {}
    if extended.resting(cases, clauses):
        yield from extended.beside(cases, _collection(engine, cases), clauses)


def _history(engine: Engine, paths: Sequence[Path], loaded: Loaded) -> Iterator[Diagnostic]:
    """Cases, clauses and servers that bugs name and that do not exist. Cases are those of the engine's own suites and
    of the named documents. Of a document with an error nothing is reported, since it may have the missing case."""
    if not loaded.bugs:
        return
    others = engine.load(documents_of(engine, loaded.bugs))
    cases = [case.address for suite in others.suites for case in suite.cases]
    broken = tuple({one.place.file for one in others.diagnostics if one.is_error})
    named = (case for bug in loaded.bugs for case in bug.cases)
    cases += [case for case in named if any(file.endswith(parsed(case).file) for file in broken)]
    words = target_names(engine.project_paths)
    names = {SERVER: words.servers, FRAMEWORK: words.frameworks}
    yield from history.against(loaded.bugs, cases, engine.beside(paths).words.loading.clauses, names)


def _collection(engine: Engine, cases: Sequence[CaseHeader]) -> list[CaseHeader]:
    """The cases of the collections that some cases belong to: all suites of the engine's own, or those in the folder of
    a suite elsewhere."""
    specs = absolute(engine.project_paths.specs)
    paths: dict[Path, None] = {}
    for folder in dict.fromkeys(absolute(Path(case.place.file)).parent for case in cases):
        paths |= dict.fromkeys([specs] if folder.is_relative_to(specs) else _files(folder))
    return [case for suite in engine.load(list(paths)).suites for case in suite.cases]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
