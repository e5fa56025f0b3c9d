"""The counts of a list of targets are those of a plan of every single case on every single target."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from engine.app.addresses import named
from engine.app.engine import Engine, RunOptions
from engine.app.lists.base import Stock
from engine.app.project_paths import find

SUITES = [
    "specs/http/wire.yaml",
    "specs/frameworks/slashes.yaml",
    "specs/lifecycle",
    "specs/operation",
    "specs/websocket/limits.yaml",
    "specs/wsgi",
]


def test_cases_that_are_planned_once_count_as_often_as_they_are_there() -> None:
    engine = Engine(find())
    options = RunOptions(servers=("gunicorn", "granian", "fcgisgi"))
    root = Path(__file__).parents[3]
    stock = Stock(engine, named([str(root / name) for name in SUITES], engine), options)
    jobs = [job for target in stock.targets for job in engine.plan(stock.cases, [target])]
    assert any(job.case.without_server for job in jobs)
    assert len(jobs) > 1000
    run, left_out = stock.job_counts
    assert run == Counter(job.target for job in jobs if not job.left_out)
    assert left_out == Counter(job.target for job in jobs if job.left_out)
