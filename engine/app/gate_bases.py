"""The base of a gate, kept for the next gate.

A commit or a release behaves the same as long as the cases, the engine and the environment are the same, so a gate
performs the cases on its base once: what passed is kept in the cache, and the next gate takes it from there. Only
passes are kept. A failure of the base is performed again each time, so that one by chance hides no regression, and a
case that passed on the base is repeated there before it counts as broken (``engine.results.analysis.gate``): no
decision rests on kept results only.

A base is kept under a digest of everything that its results depend on, apart from the suites. These have digests of
their own in the file, so that a change of one suite leaves the results of the others.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app.engine import Engine
from engine.app.gate import GateSides
from engine.app.own_code import contents
from engine.app.run_ids import digests, machine
from engine.errors import EngineError
from engine.execution.job import Job
from engine.model.target import DIRECT, LOCAL, Target
from engine.model.verdict import JobResult, Verdict
from engine.replacing import replace_text
from engine.results.record.codec import result_from_json, result_to_json
from engine.results.record.store import Run, TargetRow, ordered, row_of, target_document, text_of
from engine.targets.catalog.releases import FRAMEWORK, SERVER, Checkout, GitReference, Release, wanted
from engine.targets.environments.packages import code_of, locked, own_interpreter

FOLDER = "bases"
FORMAT = 1
FULL_COMMIT = 40
"""The letters of a commit that is named in full."""

Cell = tuple[str, str]
"""The address of a case, and the id of a target."""


@dataclass(frozen=True, slots=True)
class BaseSide:
    """The ``jobs`` of the base among those of a gate, the digests of their ``suites`` by address, and the ``file`` for
    their passes: None where they depend on something without a digest, which is a checkout on this machine, a branch,
    another Python, a container, or a gateway."""

    jobs: tuple[Job, ...]
    suites: Mapping[str, str]
    file: Path | None


NO_SIDE = BaseSide((), {}, None)
"""The base of a gate against an earlier run, which performs nothing."""


@dataclass(frozen=True, slots=True)
class KeptBase:
    """The passes of a base from earlier gates: the ``results``, the ``rows`` of their targets by id, and the digests of
    the ``suites`` by address. ``kept`` is the time of the last gate that added to them, in seconds since the epoch."""

    results: Mapping[Cell, JobResult] = field(default_factory=dict)
    rows: Mapping[str, TargetRow] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)
    kept: float = 0.0

    def of(self, side: BaseSide) -> KeptBase:
        """The part that is still true of the suites of a side."""
        same = {file: digest for file, digest in self.suites.items() if side.suites.get(file, digest) == digest}
        results = {cell: one for cell, one in self.results.items() if one.file in same}
        return replace(self, results=results, suites=same)

    def spares(self, jobs: Sequence[Job], side: BaseSide) -> tuple[Job, ...]:
        """The jobs of the base that need not be performed, among those of a gate."""
        known = self.of(side).results
        ours = {job.position for job in side.jobs}
        return tuple(job for job in jobs if job.position in ours and cell_of(job) in known)

    def joined(self, run: Run, spared: Sequence[Job]) -> Run:
        """A run with the kept results of the jobs that it did without."""
        results = [self.results[cell_of(job)] for job in spared]
        if not spared:
            return run
        there = {row.id for row in run.targets}
        names = dict.fromkeys(job.target.id for job in spared)
        rows = [self.rows[name] for name in names if name not in there and name in self.rows]
        header = {**run.header, "targets": [*names, *(one for one in run.header["targets"] if one not in names)]}
        return ordered(replace(run, header=header, targets=(*rows, *run.targets), results=(*results, *run.results)))


def cell_of(job: Job) -> Cell:
    """The result that a job has."""
    return job.case.address, job.target.id


def others(jobs: Sequence[Job], spared: Sequence[Job]) -> list[Job]:
    """The jobs that are not spared."""
    known = {job.position for job in spared}
    return [job for job in jobs if job.position not in known]


def base_side(engine: Engine, jobs: Sequence[Job], sides: GateSides) -> BaseSide:
    """The side of the base in a gate's jobs."""
    sort, things = (SERVER, engine.configured) if sides.of_server else (FRAMEWORK, engine.configured_frameworks)
    releases = {wanted(word, sort).release for word in sides.base}

    def of_base(target: Target) -> bool:
        return things[target.configuration if sides.of_server else target.framework_configuration].release in releases

    found = tuple(job for job in jobs if of_base(job.target))
    suites = digests({job.case.file: job.case.place.file for job in found})
    try:
        parts = [part for target in dict.fromkeys(job.target for job in found) for part in _identity(engine, target)]
    except (_NoDigest, EngineError):
        return BaseSide(found, suites, None)
    settings = _text(engine.project_paths.settings)
    common = [str(FORMAT), engine.kept.folder.name, own_interpreter(), json.dumps(machine()), engine.corpus, settings]
    text = "\0".join([*common, engine.client, *engine.deliveries, *parts])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return BaseSide(found, suites, engine.project_paths.cache / FOLDER / f"{digest}.ndjson")


class _NoDigest(Exception):
    """A target depends on something that has no digest."""


def _identity(engine: Engine, target: Target) -> list[str]:
    """The inputs of a target's results: its coordinates, both releases, the locks, and the code of its app."""
    server = engine.configured[target.configuration]
    framework = engine.configured_frameworks[target.framework_configuration]
    releases = [server.release, framework.release]
    if any(map(_changes, releases)) or target.runtime != LOCAL or target.gateway != DIRECT or target.interpreter:
        raise _NoDigest
    if framework.own:
        raise _NoDigest  # the code of an application is anywhere
    app = [f"{name}\0{content!r}" for name, content in contents(framework.folder)]
    words = [target.id, *map(repr, releases), repr(server.variant)]
    return [*words, *locked(server), *code_of(server), *locked(framework), *app]


def _changes(release: Release) -> bool:
    """True if the content of a release may change: that of a folder, a branch or a tag."""
    return isinstance(release, Checkout) or (isinstance(release, GitReference) and len(release.ref) != FULL_COMMIT)


def _text(path: str) -> str:
    """The text of a file, "" where there is none."""
    with suppress(OSError):
        return Path(path).read_text("utf-8", "replace") if path else ""
    return ""


def find(side: BaseSide) -> KeptBase:
    """The passes that are kept for a base. It raises nothing: a file that cannot be read counts as empty."""
    if side.file is None:
        return KeptBase()
    try:
        head, *lines = side.file.read_text("utf-8").splitlines()
        about = json.loads(head)
        rows = [TargetRow(**row_of(line)) for line in lines if line.startswith('{"kind":"target"')]
        results = [result_from_json(json.loads(line)) for line in lines if line.startswith('{"kind":"result"')]
        found = KeptBase(
            {(one.address, one.target): one for one in results},
            {row.id: row for row in rows},
            {str(file): str(digest) for file, digest in about["suites"].items()},
            float(about["kept"]),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EngineError):
        return KeptBase()
    return found


def keep(side: BaseSide, before: KeptBase, run: Run, repeated: Iterable[JobResult] = ()) -> None:
    """Keep what passed on a base in a run. A result that did not pass when it was ``repeated`` is kept no longer. It
    raises nothing: a base that cannot be written is performed again."""
    cells = {cell_of(job) for job in side.jobs}
    still = before.of(side)
    results = dict(still.results)
    for one in (*run.results, *repeated):
        cell = (one.address, one.target)
        if cell not in cells:
            continue
        if one.verdict is Verdict.PASS:
            results.setdefault(cell, one)
        else:
            results.pop(cell, None)
    used = {one.target for one in results.values()}
    rows = {**before.rows, **{row.id: row for row in run.targets if not row.failed}}
    if side.file is None or not results:
        return
    head = {"format": FORMAT, "kept": time.time(), "suites": {**still.suites, **side.suites}}
    lines = [
        head,
        *(target_document(row) for row in rows.values() if row.id in used),
        *map(result_to_json, results.values()),
    ]
    with suppress(OSError):
        side.file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(side.file, "".join(f"{text_of(line)}\n" for line in lines))
