"""The baseline compared with the cases, the targets and a run: what is wrong with it, and the document that a run asks
for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import displayed, relative
from engine.app.target_names import target_names
from engine.documents.diagnostics import Diagnostic
from engine.documents.roots import BASELINE, Roots, absolute
from engine.errors import Defect, ResultsError, UsageError
from engine.loading.documents import load_text
from engine.loading.rules import known as rules
from engine.model.addresses import parsed
from engine.model.baseline import KnownFailure
from engine.model.packaged import DATA
from engine.model.source_span import NOWHERE
from engine.replacing import MODE, replace_text
from engine.results.baseline.revision import BaselineLine, Revision, Standing, revise, seen_in, standings
from engine.results.baseline.text import revised
from engine.results.record.store import Run

__all__ = ["BaselineLine", "Drawn", "Standing", "check", "drawn", "path_of", "write"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The baseline that a run asks for: its file, its text now and as it will be, and what changes."""

    path: Path
    before: str
    text: str
    revision: Revision


def path_of(engine: Engine, run: Run) -> Path:
    """The baseline that a run is held against, whether it is there or not: the one that was named, or else the one that
    the run has read. Raises UsageError where it has read none, or several."""
    if engine.baseline:
        return Path(engine.baseline)
    read = run.header.get("baselines")
    if read is None:  # of an engine that only read this one
        return relative(engine.project_paths.specs / BASELINE)
    if len(read) == 1:
        return relative(Path(str(read[0])))
    what = f"the run {run.id} has read {len(read)} baselines" if read else f"the run {run.id} has read no baseline"
    raise UsageError(what, hint="choose one with --baseline FILE")


def known_in(engine: Engine, path: Path) -> tuple[KnownFailure, ...]:
    """The entries of a baseline, none where it is not there. Raises DocumentError if it has errors."""
    return engine.known([path]) if path.exists() else ()


def beside(engine: Engine, known: Sequence[KnownFailure]) -> list[Diagnostic]:
    """The errors of a baseline that show only in comparison with the existing cases and targets."""
    if not known:
        return []
    words = target_names(engine.project_paths)
    names = {key: getattr(words, key) for key in rules.SELECTORS}
    return sorted(
        (
            mistake
            for file in dict.fromkeys(line.place.file for line in known)
            for of_file in [[line for line in known if line.place.file == file]]
            for mistake in rules.beside(of_file, names, cases_of(engine, Path(file), of_file), date.today())
        ),
        key=lambda one: (one.place.file, one.place.line, one.place.column),
    )


def cases_of(engine: Engine, path: Path, known: Sequence[KnownFailure]) -> dict[str, Collection[str] | None]:
    """The ids of the cases in the files that the entries of a baseline name, by address; None for a file with errors.
    Of the other files next to the baseline, only the addresses."""
    folder = absolute(path).parent
    root = Roots([folder]).root(folder)
    found: dict[str, Collection[str] | None] = {}
    for other in sorted(folder.rglob("*.y*ml")):
        found[other.relative_to(root).as_posix()] = None
    for file in dict.fromkeys(parsed(line.case).file for line in known):
        if (root / file).is_file():
            loaded = engine.load([root / file])
            ids = {case.id for suite in loaded.suites for case in suite.cases}
            found[file] = None if loaded.errors else ids
    return found


def check(engine: Engine, run: Run) -> list[Standing]:
    """The standing of each entry of the baseline in a run. Raises DocumentError if the baseline has errors."""
    return standings(known_in(engine, path_of(engine, run)), seen_in(run), date.today())


def drawn(engine: Engine, run: Run) -> Drawn:
    """The baseline that a run asks for. Nothing is written. Raises DocumentError if the present one has errors."""
    path = path_of(engine, run)
    known = known_in(engine, path)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    revision = revise(known, run, date.today())
    text = before if unchanged(known, revision) else revised(before, known, revision.lines)
    again = load_text(text, engine.words.loading, str(path)) if text else None
    wanted = [said(line.failure) for line in revision.lines]
    if again is not None and (again.errors or [said(one) for one in again.known_failures] != wanted):
        raise Defect("the new baseline does not read as it was meant", hint="the old one was left as it is")
    return Drawn(path, before, text, revision)


def unchanged(known: Sequence[KnownFailure], revision: Revision) -> bool:
    """True if the baseline stays as it is, in its order too."""
    return [id(line.failure) for line in revision.lines] == [id(line) for line in known]


def said(line: KnownFailure) -> KnownFailure:
    """The content of an entry, without its spans."""
    return replace(line, place=NOWHERE, places={})


def write(made: Drawn) -> None:
    """Replace the old baseline with the new one, in full or not at all. Raises ResultsError, and UsageError for the one
    of an installation."""
    if absolute(made.path).is_relative_to(DATA):
        raise UsageError(
            f"{displayed(made.path)} belongs to the installation and is not changed",
            hint="--baseline FILE names one of your own",
        )
    try:
        replace_text(made.path, made.text, made.path.stat().st_mode & 0o777 if made.path.exists() else MODE)
    except OSError as error:
        raise ResultsError(
            f"{made.path} cannot be written: {error.strerror}", hint="the old one is still there"
        ) from error
