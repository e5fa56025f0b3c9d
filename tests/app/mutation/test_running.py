"""The cases that run on each mutant."""

from __future__ import annotations

from engine.app.engine import Engine
from engine.app.mutation import catalogue, running
from engine.app.project_paths import find


def test_a_case_that_does_not_fit_a_mutant_did_not_run_there() -> None:
    engine = Engine(find())
    words = ["control~echo-cut", "wsgi-control~echo-cut"]
    targets = catalogue.targets(engine, catalogue.chosen(catalogue.every(engine), words))
    cases = running.cases_of(engine, ["specs/http/streaming.yaml", "specs/wsgi/environ.yaml"])
    ran = running.cases_by_mutant(running.jobs_on(engine, cases, targets, None), targets)
    assert {word: {name.partition("/")[0] for name in names} for word, names in ran.items()} == {
        "control~echo-cut": {"http"},
        "wsgi-control~echo-cut": {"wsgi"},
    }
