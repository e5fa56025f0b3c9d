"""All errors of documents: those of each by itself, and those that show only in comparison with other documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.app import baseline, clause_lint, declarations, settings
from engine.app.engine import Engine
from engine.app.history import documents_of
from engine.app.project_paths import ProjectPaths, relative
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
from engine.targets.catalog.frameworks import names_in
from engine.targets.catalog.servers import load_hidden, load_servers


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
        *settings.beside(loaded.settings, [*load_servers(), *load_hidden()], _shipped(engine.project_paths)),
    )
    return replace(
        loaded,
        diagnostics=(*loaded.diagnostics, *of_declarations.diagnostics, *more),
        sources={**loaded.sources, **of_declarations.sources},
        files=loaded.files + len(declared),
    )


def readable(project_paths: ProjectPaths) -> ProjectPaths:
    """The folders of a project without its settings if these have errors, so that the errors can be listed."""
    try:
        Engine(project_paths).words.loading.names  # noqa: B018 (reading it is the check)
    except DocumentError:
        return replace(project_paths, settings="")
    return project_paths


def of_project(project_paths: ProjectPaths) -> tuple[list[str], list[Path]]:
    """The documents of a project, in the words of a command line, and the folders of its frameworks: its file of
    settings, and what that names, as far as it can be read."""
    words, folders = [project_paths.settings], list[Path]()
    with suppress(DocumentError):
        own = project_paths.own
        words += [word for word in own.run.suites if Path(word).exists()]
        folders = [Path(word) for word in own.frameworks]
    return [str(relative(Path(word))) for word in words], folders


def _shipped(project_paths: ProjectPaths) -> list[str]:
    return [*names_in(project_paths.frameworks), *names_in(project_paths.shipped_frameworks)]


def _resting(engine: Engine, paths: Sequence[Path], loaded: Loaded) -> Iterator[Diagnostic]:
    """Clauses that only extended cases cite. The other suites of the collection are read only if there may be
    such."""
    cases = [case for suite in loaded.suites for case in suite.cases]
    clauses = engine.beside(paths).catalogue if any(case.extended for case in cases) else {}
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
    yield from history.against(loaded.bugs, cases, engine.beside(paths).catalogue, names)


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
