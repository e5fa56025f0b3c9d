"""Runs of cases on the releases with and without known bugs.

All bugs are one run: releases that several bugs share are started once, with the cases of all of them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.app.engine import Engine, RunOptions
from engine.documents.roots import absolute
from engine.errors import DocumentError, UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import renumbered
from engine.model.addresses import meant, parsed
from engine.model.bug import SERVER, Bug
from engine.model.case import TIMEOUT, CaseHeader, RunsOn
from engine.model.target import CONTROL, HTTP_1_1, Target
from engine.model.verdict import JobResult
from engine.registry import nearest
from engine.results.analysis.history import CaseOutcome, case_outcomes

FILE = "history.yaml"
WSGI_CONTROL = "wsgi-control"
PATIENCE = 8.0
"""The longest time limit of a case in seconds, so that the cases of a bug take ten."""
LONGER = 15.0
"""The same for a case whose own time limit is longer than usual, since it may need it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The run for some bugs: its jobs, and the ids of the targets for each bug, with it and without."""

    jobs: Sequence[Job]
    sides: Mapping[str, tuple[frozenset[str], frozenset[str]]]

    def outcomes(self, bug: Bug, results: Iterable[JobResult]) -> dict[str, CaseOutcome]:
        """The outcome of each case for a bug, by address."""
        bad, fixed = self.sides[bug.id]
        results = list(results)
        return case_outcomes(
            [one for one in results if one.target in bad],
            [one for one in results if one.target in fixed],
            is_fixed=bool(bug.fixed),
        )


def bugs_in(engine: Engine, file: str = "") -> tuple[Bug, ...]:
    """The bugs of a document of history, by default of the engine's own. Raises DocumentError if it has errors, and
    UsageError if it does not exist or is another document."""
    path = Path(file) if file else engine.project_paths.specs / FILE
    if not path.is_file():
        raise UsageError(f"there is no document of history at {path}", hint="--file FILE names one")
    loaded = engine.load([path])
    for mistake in loaded.diagnostics:
        if mistake.is_error:
            raise DocumentError(mistake.what, hint=mistake.hint, place=mistake.place)
    if not loaded.bugs:
        raise UsageError(f"{path} has no bugs", hint="a document of history begins with `history:` and a title")
    return loaded.bugs


def documents_of(engine: Engine, bugs: Iterable[Bug]) -> list[Path]:
    """The documents with the cases that bugs name: the engine's own suites, and the named files next to the document of
    history."""
    specs = engine.project_paths.specs
    found: dict[Path, None] = {specs: None}
    for bug in bugs:
        folder = Path(bug.place.file).parent
        if not absolute(folder).is_relative_to(absolute(specs)):
            files = [folder / parsed(case).file for case in bug.cases]
            found |= {path: None for path in files if path.is_file()}
    return list(found)


def check_cases(bugs: Iterable[Bug], cases: Sequence[CaseHeader]) -> None:
    """Raise UsageError for a bug that names a case which does not exist."""
    addresses = [case.address for case in cases]
    for bug in bugs:
        for one in bug.cases:
            if not meant(one, addresses):
                what = f"bug {bug.id} names the case {one!r}, which does not exist"
                raise UsageError(what, hint=f"`engine lint {bug.place.file}` shows where")


def chosen(bugs: Sequence[Bug], ids: Sequence[str]) -> list[Bug]:
    """The bugs of some ids. Raises UsageError for an unknown one, with the nearest."""
    by_id = {bug.id: bug for bug in bugs}
    for name in ids:
        if name not in by_id:
            near = nearest(name, by_id)
            hint = near if near.startswith("did you mean") else "`engine history` lists them"
            raise UsageError(f"there is no bug {name!r}", hint=hint)
    return [by_id[name] for name in dict.fromkeys(ids)]


def cases_of(bug: Bug, cases: Sequence[CaseHeader]) -> list[CaseHeader]:
    """The cases that a bug names, with shorter time limits: many bugs make a case wait for its end. They are the same
    on both releases, so a slow machine makes a case fail on both."""
    named = {address for one in bug.cases for address in meant(one, [case.address for case in cases])}
    return [replace(case, timeout=_patience(case)) for case in cases if case.address in named]


def _patience(case: CaseHeader) -> float:
    return min(case.timeout, LONGER if case.timeout > TIMEOUT else PATIENCE)


def planned(engine: Engine, bugs: Sequence[Bug], cases: Mapping[str, Sequence[CaseHeader]]) -> Plan:
    """The run of the cases of each bug, by its id, on the releases with and without it. Raises UsageError for a server
    or a framework that the engine does not have."""
    of_target: dict[Target, dict[str, CaseHeader]] = {}
    sides: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for bug in bugs:
        both = [_targets(engine, bug, cases[bug.id], with_bug=True)]
        both.append(_targets(engine, bug, cases[bug.id], with_bug=False) if bug.fixed else [])
        for target in (target for side in both for target in side):
            of_target.setdefault(target, {}).update({case.address: case for case in cases[bug.id]})
        bad, fixed = (frozenset(target.id for target in side) for side in both)
        sides[bug.id] = (bad, fixed)
    jobs = [job for target, wanted in of_target.items() for job in engine.plan(list(wanted.values()), [target])]
    return Plan(renumbered(jobs), sides)


def _targets(engine: Engine, bug: Bug, cases: Sequence[CaseHeader], *, with_bug: bool) -> list[Target]:
    """The targets of one release of a bug: for its cases on the bare apps, or the app of the framework."""
    release = bug.bad if with_bug else bug.fixed
    pins = bug.bad_pins if with_bug else bug.fixed_pins
    variant = f"{bug.id.lower()}-{'bad' if with_bug else 'fixed'}"
    http = bug.http or HTTP_1_1
    declared = (f"{variant}: {shlex.join([*pins, *bug.flags])}",) if pins or bug.flags else ()
    ending = f"~{variant}" if declared else ""
    if bug.sort == SERVER:
        apps = [WSGI_CONTROL] * any(case.runs_on is RunsOn.WSGI for case in cases)
        apps += [CONTROL] * any(case.runs_on is not RunsOn.WSGI for case in cases)
        return engine.targets(
            RunOptions((f"{bug.name}=={release}{ending}",), tuple(apps), variants=declared, http=http)
        )
    servers = (f"{bug.under}{ending}",) if bug.under else ()
    variants = declared if bug.under else ()
    return engine.targets(RunOptions(servers, (f"{bug.name}=={release}",), variants=variants, http=http))
