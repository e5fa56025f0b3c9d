"""Explaining one result of a run that is over."""

from __future__ import annotations

from dataclasses import replace

from engine.app import addresses, runs
from engine.app.engine import Engine
from engine.app.project_paths import ProjectPaths
from engine.app.run_ids import nonce
from engine.results.analysis.choosing import choose
from engine.results.analysis.explaining import Explanation, explained
from engine.results.analysis.findings import attributions
from engine.results.analysis.redaction import redacted_result, redacted_row


def explain(
    named: str, case: str, target: str, project_paths: ProjectPaths, *, raw: bool = False, secrets: bool = False
) -> Explanation:
    """The explanation of a case on a target of a run; secrets are masked unless ``secrets``. Raises UsageError and
    ResultsError, as the parts do."""
    run = runs.again(named, project_paths)
    engine = Engine(project_paths)
    result = addresses.placed(choose(run, addresses.canonical(case, engine), target), engine)
    if not secrets:
        result = redacted_result(result)
        run = replace(run, targets=tuple(map(redacted_row, run.targets)))
    whose = attributions(run).get((result.address, result.target))
    path = addresses.located(result.file, engine)
    clauses = engine.beside([path] if path is not None else []).catalogue
    return explained(run, result, clauses, whose, nonce=nonce(run.id), raw=raw)
