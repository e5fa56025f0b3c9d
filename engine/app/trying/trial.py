"""One case, run again and again on targets that stay up.

A trial reads the files again, plans the case on its targets, and runs it with the session and the scheduler of every
run. It keeps no record: its results, with all transcripts, are for the display.

Jobs of later trials have later numbers. The number of a job identifies its calls at the boundary, and an observer must
not confuse those of two trials.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app import addresses, wiring
from engine.app.baselines import baselines
from engine.app.engine import Engine, RunOptions
from engine.app.run_ids import new_run_id, nonce
from engine.app.session import RunSession
from engine.app.trying import watching
from engine.app.trying.choosing import targets_for
from engine.app.trying.kept_targets import KeptTargets, unreported
from engine.documents.diagnostics import Diagnostic
from engine.documents.files import SUFFIXES
from engine.documents.roots import absolute
from engine.errors import EngineError
from engine.execution.job import Job
from engine.execution.planning.plan import numbered
from engine.execution.schedule import Limits
from engine.loading import clause_files
from engine.model.addresses import Address, parsed
from engine.model.case import Case
from engine.model.result_event import ResultEvent
from engine.model.target import LOCAL, Target
from engine.model.verdict import JobResult
from engine.targets.catalog import contract
from engine.targets.catalog.releases import Checkout

TRACEBACKS = "try"
"""The folder of the cache for the tracebacks of errors: a message names them when the command has ended."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of the case. ``results`` are in the order of the targets, each with its transcript. ``diagnostics`` are
    the errors and warnings of the file, with ``sources``, the texts by file. If the case could not be run, ``error`` is
    the reason, unless the file has errors. ``run`` is the nonce in its messages, ``seconds`` the time of the trial."""

    results: tuple[JobResult, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    error: EngineError | None = None
    run: str = ""
    seconds: float = 0.0

    @property
    def mistaken(self) -> bool:
        """True if the file has errors, so that nothing ran."""
        return any(one.is_error for one in self.diagnostics)

    @property
    def exit_code(self) -> int:
        """The exit code of the verdicts: 0, 1 if one breaks the build, 2 for errors in files or words, 3 if the case
        ran nowhere."""
        if self.mistaken:
            return 2
        if self.error is not None:
            return self.error.exit_code
        if not any(result.verdict.ran for result in self.results):
            return 3
        return 1 if any(result.breaks_build() for result in self.results) else 0


@dataclass(slots=True)
class ResultsWatcher:
    """Collects the results of a session."""

    results: dict[int, JobResult] = field(default_factory=dict)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Do nothing: the session does not know whether a target has stayed up."""

    def take(self, event: ResultEvent) -> None:
        """Take a result."""
        self.results[event.position] = event.result

    def comparing(self, cells: int) -> None:
        """Do nothing: nothing is compared."""


class Trials:
    """The trials of one case.

    ``word`` names the case, ``options`` the targets. ``folder`` takes the logs of the targets. The engine that reads
    documents is made again when a file that it depends on has changed, and the targets are started again when an app
    has.
    """

    def __init__(
        self,
        engine: Engine,
        word: str,
        options: RunOptions,
        folder: Path,
        starting: Callable[[Target], None] = unreported,
    ) -> None:
        """``starting`` is called with each target for whose start a trial waits."""
        self._engine = engine
        self._starting = starting
        self._word = word
        self._options = options
        self._folder = folder
        self._file = addresses.located(parsed(word).file, engine) if parsed(word).file else None
        self._apps: list[Path] = []
        self._read_from: watching.Stamps = {}
        self._launched: watching.Stamps = {}
        self._clauses_of: Engine | None = None
        self._found_clauses: list[Path] = []
        self._next = 0
        self._kept = KeptTargets(wiring.runtime(engine, folder), starting)

    async def run(self, shown: Callable[[Trial], None]) -> Trial:
        """Run the case once. ``shown`` is called with the trial when all results are there, or when the file has
        errors. A trial with an ``error`` (of words, documents and targets) is only returned: the caller shows or
        raises it."""
        began = time.perf_counter()
        try:
            await self._renew()
            return await self._run(began, shown)
        except EngineError as error:
            return Trial(error=error, seconds=time.perf_counter() - began)

    async def _run(self, began: float, shown: Callable[[Trial], None]) -> Trial:
        case, found = self._read()
        if case is None:
            shown(found)
            return found
        targets = targets_for(self._engine, case, self._options)
        self._watch(targets)
        # The cases that it depends on are not run, so nothing waits for them.
        planned = self._engine.plan([replace(case, depends_on=())], targets)
        jobs = [numbered(job, self._next + index) for index, job in enumerate(planned)]
        self._next += len(jobs)
        run_id = new_run_id()
        watcher = ResultsWatcher()
        files = {case.place.file: 0}
        kept_in = self._engine.project_paths.cache / TRACEBACKS
        session = RunSession(
            jobs, self._kept, wiring.runner(run_id, kept_in, keep_all=True), None, [watcher],
            Limits(), self._engine.known(self._engine.baselines(files)), stop=self._kept.release,
        )  # fmt: skip
        await session.schedule.allow(self._next)
        trials: list[Trial] = []

        def finished() -> None:
            order = {job.position: number for number, job in enumerate(by_target(jobs, targets))}
            results = tuple(watcher.results[position] for position in sorted(watcher.results, key=order.__getitem__))
            trial = replace(found, results=results, run=nonce(run_id), seconds=time.perf_counter() - began)
            trials.append(trial)
            shown(trial)

        await session.run(finished)
        return trials[0]

    def _read(self) -> tuple[Case | None, Trial]:
        """The case, and a trial with the diagnostics of its file; no case if the file has errors. Raises UsageError if
        the case is not there."""
        if self._file is None:
            # An id may be in any suite: the first trial finds it, and later ones read only its file.
            self._file = Path(addresses.one(self._word, self._engine).place.file)
        self._read_from = self._stamps()
        word = str(Address(self._file.as_posix(), parsed(self._word).case))
        what = addresses.named([word], self._engine)
        loaded = self._engine.load(what.paths, what.roots, whole=True)
        found = Trial(diagnostics=loaded.diagnostics, sources=loaded.sources)
        return (None if found.mistaken else addresses.only(word, what, loaded)), found

    # Changes

    def watched(self) -> list[Path]:
        """The files on which the next trial depends: that of the case, clauses, contracts, baselines and apps."""
        return [*([self._file] if self._file is not None else []), *self._documents(), *self._apps]

    def _documents(self) -> Iterator[Path]:
        """The documents on which the case's file depends."""
        paths = self._engine.project_paths
        yield from (paths.frameworks / name for name in (contract.FILE, contract.WSGI_FILE))
        if self._file is not None:
            yield from baselines([str(self._file)], self._engine.baseline)
            yield from self._clauses()

    def _clauses(self) -> Sequence[Path]:
        """The documents of clauses that the engine has read."""
        if self._engine is not self._clauses_of and self._file is not None:
            beside = self._engine.beside([self._file]).clauses
            found = clause_files.sources([self._engine.project_paths.specs, *beside])
            self._clauses_of, self._found_clauses = self._engine, [Path(source.file) for source in found]
        return self._found_clauses

    def _watch(self, targets: Sequence[Target]) -> None:
        """Watch the apps of some targets, and the checkouts of their servers and frameworks."""
        if self._engine.way != LOCAL:
            return
        folders: list[Path] = []
        for target in targets:
            framework = self._engine.configured_frameworks[target.framework_configuration]
            folders.append(framework.folder)
            for release in (framework.release, self._engine.configured[target.configuration].release):
                folders += [release.folder] if isinstance(release, Checkout) else []
        self._apps = [file for folder in dict.fromkeys(folders) for file in watching.sources(folder)]
        self._launched = self._launched or watching.stamps(self._apps)

    async def _renew(self) -> None:
        """Make the engine again if a document apart from the case's has changed, was added or removed, and the targets
        as well if a file of an app has changed."""
        apps = watching.stamps(self._apps)
        if apps != {path: self._launched.get(path) for path in apps}:
            self._engine = replace(self._engine)
            await self._kept.close()
            self._kept = KeptTargets(wiring.runtime(self._engine, self._folder), self._starting)
            self._launched = {}
        elif self._read_from and self._stamps() != self._read_from:
            self._engine = replace(self._engine)

    def _stamps(self) -> watching.Stamps:
        """The stamps of every document apart from the case's, new ones included."""
        own = absolute(self._file) if self._file is not None else None
        return watching.stamps(path for path in self._listing() if absolute(path) != own)

    def _listing(self) -> Iterator[Path]:
        """Every document that the engine may have read: those of the suites that come with it, and those near the
        case."""
        paths = self._engine.project_paths
        yield from (paths.frameworks / name for name in (contract.FILE, contract.WSGI_FILE))
        for suffix in SUFFIXES:
            yield from sorted(paths.specs.rglob(f"*{suffix}"))
        if self._file is not None:
            # Read again each time, since the engine keeps the list that it has found.
            yield from clause_files.ClausesBeside(paths.specs).of([self._file])

    # Ends

    async def tend(self) -> None:
        """Prepare the targets for the next trial."""
        await self._kept.tend()

    async def drop(self) -> None:
        """Stop the targets of a trial that was cancelled."""
        await self._kept.drop()

    async def close(self) -> None:
        """Stop all targets."""
        await self._kept.close()


def by_target(jobs: Sequence[Job], targets: Sequence[Target]) -> list[Job]:
    """Jobs in the order of their targets."""
    return sorted(jobs, key=lambda job: targets.index(job.target))
