"""Runs that were never run: a table of targets and verdicts as results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.model.expectation import Mismatch
from engine.model.phrasing import sentence
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Run, TargetRow

CASE = "specs/x.yaml::case"
STATUS = Mismatch("status", "200", 500)
LEAK = Mismatch("scope.state.leak", "to be absent", "x", given=True)


def row(name: str, **more: str) -> TargetRow:
    """A target's row by a short name: server, framework, loop (asyncio) and gateway, as in
    ``gunicorn==26.2.0~two-workers litestar==2.0 uvloop nginx``."""
    configuration, framework, loop, gateway = (*name.split(), *("asyncio", "direct")[len(name.split()) - 2 :])
    configuration, _, variant = configuration.partition("~")
    server = configuration.partition("==")[0].partition("@")[0]
    release = configuration.removeprefix(server)
    version = release.removeprefix("==") if release.startswith("==") else ""
    name, equals, number = framework.partition("==")
    target = Target(server, name, loop, gateway, "local", release, variant, framework_release=equals + number)
    known = TargetRow(
        target.id, server, name, loop, gateway, "local", release=release, variant=variant, version=version,
        framework_release=equals + number, framework_version=number,
    )  # fmt: skip
    return replace(known, **more) if more else known  # type: ignore[arg-type]  # any field of a target


def result(target: TargetRow, verdict: Verdict, *mismatches: Mismatch, case: str = CASE) -> JobResult:
    """A case's result; a failure without a mismatch gets one about the status."""
    file, _, name = case.partition("::")
    found = mismatches or ((STATUS,) if verdict in (Verdict.FAIL, Verdict.KNOWN, Verdict.FLAKY) else ())
    warns = verdict is Verdict.WARN
    return JobResult(
        name,
        file,
        target.id,
        "http",
        "must",
        verdict,
        reason=sentence(found[0]) if found else "",
        mismatches=() if warns else found,
        warnings=(found or (STATUS,)) if warns else (),
        seconds=0.0 if verdict in (Verdict.UNSUPPORTED, Verdict.BLOCKED) else 0.01,
    )


def run(cells: Mapping[str, JobResult | Verdict], *known: TargetRow, case: str = CASE) -> Run:
    """A run of one case: verdicts by the targets' short names. ``known`` are rows with more than their names."""
    rows = {one.id: one for one in known}
    targets, results = [], []
    for name, outcome in cells.items():
        target = rows.get(row(name).id, row(name))
        targets.append(target)
        results.append(result(target, outcome, case=case) if isinstance(outcome, Verdict) else outcome)
    return Run("id-1", {"targets": [one.id for one in targets]}, tuple(targets), tuple(results), True, "whole")


def joined(*runs: Run) -> Run:
    """Runs of several cases as one."""
    targets = {target.id: target for one in runs for target in one.targets}
    return replace(
        runs[0], targets=tuple(targets.values()), results=tuple(each for one in runs for each in one.results)
    )
