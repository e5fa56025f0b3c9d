"""The jobs that a run adds so that failures can be compared, and their results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.app.counterparts import MOST, compared_with, counterparts
from engine.app.session import RunSession
from engine.errors import EngineError, EnvironmentFailed
from engine.execution.job import Job
from engine.execution.runner.runner import Runner
from engine.model.case import Case, CaseHeader, Step
from engine.model.expectation import Checks
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target
from engine.model.verdict import Attempt, JobResult, Verdict
from engine.results.analysis.attribution import Fault
from engine.results.analysis.findings import attributions, failing, findings
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, Store, read
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.targets.catalog.servers import load_servers
from tests.execution.fakes import FakeLive, case, group, see, step, step_type, the_match
from tests.results.synthetic import row

SERVERS = load_servers()
FASTAPI = Target("gunicorn", "fastapi", "auto")
FLASK = Target("flup", "flask", "auto", "nginx-fastcgi", interface="wsgi")


def ids(target: Target) -> list[str]:
    return [one.id for one in compared_with(target, SERVERS)]


def test_a_framework_is_compared_with_the_control_and_on_the_reference() -> None:
    assert ids(FASTAPI) == ["gunicorn-control-auto", "reference-control-auto", "reference-fastapi-auto"]
    assert ids(replace(FASTAPI, loop="uvloop"))[1] == "reference-control-uvloop"


def test_the_control_is_compared_on_the_reference() -> None:
    assert ids(replace(FASTAPI, framework="control")) == ["reference-control-auto"]


def test_a_release_is_compared_with_the_control_under_it_and_the_pinned_reference() -> None:
    mine = replace(FASTAPI, release="@mine", variant="two", source="@../mine", given=("--variant", "two: x"))
    control, *others = compared_with(mine, SERVERS)
    assert (control.id, control.source, control.given) == ("gunicorn@mine~two-control-auto", mine.source, mine.given)
    assert [(one.id, one.source, one.given) for one in others] == [
        ("reference-control-auto", "", ()),
        ("reference-fastapi-auto", "", ()),
    ]


def test_a_framework_on_the_reference_is_compared_with_the_control_there() -> None:
    assert ids(Target("reference", "fastapi", "auto")) == ["reference-control-auto"]
    assert ids(Target("reference", "control", "auto")) == []


def test_a_mutant_is_compared_with_the_reference() -> None:
    assert ids(Target("reference", "control", "auto", variant="no-date")) == ["reference-control-auto"]


def test_a_wsgi_app_is_compared_on_another_server_of_its_interface_behind_the_same_gateway() -> None:
    assert ids(FLASK) == [
        "flup-wsgi-control-auto-nginx-fastcgi",
        "fcgisgi-wsgi-control-auto-nginx-fastcgi",
        "fcgisgi-flask-auto-nginx-fastcgi",
    ]
    found = compared_with(replace(FLASK, server="fcgisgi"), SERVERS)
    assert {one.interface for one in found} == {"wsgi"}
    assert found[1].server not in ("fcgisgi", "reference")


def test_behind_a_gateway_it_is_compared_without_that_as_well() -> None:
    behind = ids(replace(FASTAPI, gateway="nginx-http"))
    assert behind == [
        "gunicorn-control-auto-nginx-http",
        "reference-control-auto-nginx-http",
        "reference-fastapi-auto-nginx-http",
        "gunicorn-control-auto",
        "gunicorn-fastapi-auto",
        "reference-control-auto",
    ]


def test_behind_a_gateway_the_server_is_compared_over_the_version_that_it_speaks_there() -> None:
    behind = replace(FASTAPI, framework="control", gateway="nginx-http", http="h2c", upstream="1.1")
    assert ids(behind) == [
        "reference-control-auto-nginx-http-h2c", "gunicorn-control-auto", "reference-control-auto-h2c",
    ]  # fmt: skip
    downward = replace(behind, gateway="nginx-http2", http="1.1", upstream="h2c")
    assert ids(downward) == [
        "reference-control-auto-nginx-http2",
        "gunicorn-control-auto-h2c",
        "reference-control-auto",
    ]


def test_every_target_that_is_compared_fits_its_server() -> None:
    for server in SERVERS.values():
        for gateway in ("direct", "nginx-http", "nginx-fastcgi", "nginx-uwsgi"):
            for framework, interface in (("fastapi", "asgi"), ("flask", "wsgi")):
                target = Target(server.name, framework, "auto", gateway, interface=interface)
                for one in compared_with(target, SERVERS):
                    if one.server != server.name:
                        assert interface in SERVERS[one.server].interfaces
                        assert gateway == one.gateway or one.id == "reference-control-auto"


def test_services_that_run_already_have_no_counterparts() -> None:
    assert ids(replace(FASTAPI, runtime="running")) == []
    assert ids(replace(FASTAPI, runtime="docker"))[0] == "gunicorn-control-auto-docker"


# Which cases are run there


def jobs_of(cases: Sequence[CaseHeader], targets: Sequence[Target]) -> list[Job]:
    pairs = [(target, of) for target in targets for of in cases]
    return [Job(number, of, target, ServerLaunch(target)) for number, (target, of) in enumerate(pairs)]


def named(*names: str) -> list[Case]:
    return [case(step("look", Checks(expect=group(status=200))), id=name, stem=name) for name in names]


def result(job: Job, verdict: Verdict) -> JobResult:
    return JobResult(job.case.id, job.case.file, job.target.id, "c", "must", verdict, seconds=0.1)


def added(jobs: Sequence[Job], *verdicts: Verdict, **more: Any) -> list[tuple[str, str]]:
    results = [result(job, verdict) for job, verdict in zip(jobs, verdicts, strict=True)]
    found = counterparts(jobs, results, jobs_of, SERVERS, **more)
    assert [job.position for job in found] == list(range(len(found)))
    return [(job.case.id, job.target.id) for job in found]


FAIL, PASS, WARN = Verdict.FAIL, Verdict.PASS, Verdict.WARN
THREE = ("gunicorn-control-auto", "reference-control-auto", "reference-fastapi-auto")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_what_failed_is_compared(verdict: Verdict) -> None:
    expected = [("b", name) for name in THREE]
    failed = verdict in (FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.FLAKY)
    jobs = jobs_of(named("a", "b"), [FASTAPI])
    assert added(jobs, PASS, verdict) == (expected if failed else [])
    assert added(jobs, PASS, verdict, red=[WARN]) == (expected if verdict is WARN else [])


def test_what_is_in_the_run_is_not_run_again() -> None:
    control = replace(FASTAPI, framework="control")
    jobs = jobs_of(named("a"), [FASTAPI, control])
    for verdict in (PASS, Verdict.UNSUPPORTED, Verdict.KNOWN):
        assert added(jobs, FAIL, verdict) == [("a", "reference-control-auto"), ("a", "reference-fastapi-auto")]
    elsewhere = frozenset({("case.yaml::a", "reference-control-auto")})
    assert added(jobs, FAIL, PASS, others=elsewhere) == [("a", "reference-fastapi-auto")]


def test_a_counterpart_of_several_cells_is_run_once() -> None:
    django = replace(FASTAPI, framework="django")
    names = [name for _, name in added(jobs_of(named("a"), [FASTAPI, django]), FAIL, FAIL)]
    assert names == [*THREE, "reference-django-auto"]


def test_repeats_of_a_job_are_compared_once() -> None:
    (one,) = jobs_of(named("a"), [FASTAPI])
    jobs = [one, replace(one, position=1, repeat=1)]
    results = [result(one, FAIL)]
    assert len(counterparts(jobs, results, jobs_of, SERVERS)) == 3


def test_what_wavers_is_compared_with_as_many_runs() -> None:
    """A bare app that passes once is weak evidence about a case that fails once in five runs."""
    attempts = (*[Attempt(PASS)] * 4, Attempt(FAIL))
    (one,) = jobs_of(named("a"), [FASTAPI])
    flaky = replace(result(one, Verdict.FLAKY), attempts=attempts)
    found = counterparts([one], [flaky], jobs_of, SERVERS)
    assert [(job.target.id, job.repeat) for job in found] == [(name, turn) for name in THREE for turn in range(5)]
    steady = replace(result(one, FAIL), attempts=(Attempt(FAIL),) * 5)
    assert [job.repeat for job in counterparts([one], [steady], jobs_of, SERVERS)] == [0, 0, 0]


def test_what_does_not_fit_there_is_left_out() -> None:
    def planned(cases: Sequence[CaseHeader], targets: Sequence[Target]) -> list[Job]:
        return [
            replace(job, left_out="it does not offer it" if job.target.server == "reference" else "")
            for job in jobs_of(cases, targets)
        ]

    jobs = jobs_of(named("a"), [FASTAPI])
    found = counterparts(jobs, [result(jobs[0], FAIL)], planned, SERVERS)
    assert [job.target.id for job in found] == ["gunicorn-control-auto"]


def test_there_are_never_too_many_and_each_target_has_its_share() -> None:
    daphne = Target("daphne", "control", "auto")
    jobs = jobs_of(named(*(f"c{number}" for number in range(MOST))), [FASTAPI, daphne])
    found = added(jobs, *[FAIL] * len(jobs))
    assert MOST <= len(found) < MOST + len(THREE)
    cases = {name for name, target in found if target == "reference-control-auto"}
    # Each of the two targets fails every case; what is compared at all is compared with all that it takes.
    assert {name for name, target in found if target == "gunicorn-control-auto"} == cases
    assert len(cases) == pytest.approx(MOST / 3, abs=1)


# What a session makes of them


class FakeRuntime:
    """Starts targets that live; those of ``missing`` servers are not available."""

    def __init__(self, missing: Collection[str] = ()) -> None:
        self.missing = missing
        self.started: list[str] = []

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        self.started.append(launch.target.id)
        if launch.target.server in self.missing:
            raise EnvironmentFailed("the package index is out of reach")
        return FakeLive(target=launch.target)

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        raise EngineError("nobody asks")


def session(tmp_path: Path, runtime: FakeRuntime, **more: Any) -> RunSession:
    """A session in which a case fails under gunicorn, and passes on the reference server."""

    async def look(step: Step, context: Context) -> Observation | None:
        status = 200 if context.live.target.server == "reference" else 500
        return await see(status=status)(step, context)

    runner = Runner(dict([step_type("look", look)]), the_match, None, "abcd")  # type: ignore[arg-type]  # no case of this test opens a channel
    jobs = jobs_of(named("a"), [FASTAPI])

    def compare(jobs: Sequence[Job], results: Sequence[JobResult]) -> Sequence[Job]:
        return counterparts(jobs, results, jobs_of, SERVERS)

    store = Store(tmp_path, "id-1", {"targets": [FASTAPI.id]})
    return RunSession(jobs, runtime, runner, store, [], compare=compare, **more)


def done(of: RunSession) -> tuple[Run, list[str]]:
    """Run it; the run as its file has it, and what had become of the counterparts each time that it was over."""
    ended: list[str] = []
    asyncio.run(of.run(lambda: ended.append("compared" if of.counterparts is not None else "not compared")))
    assert of.store is not None
    of.store.close("whole")
    return read(of.store.folder), ended


def test_counterparts_are_evidence_and_nothing_else(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    of = session(tmp_path, runtime)
    run, ended = done(of)
    assert sorted(runtime.started) == ["gunicorn-control-auto", "gunicorn-fastapi-auto", *THREE[1:]]
    assert ended == ["compared"]
    assert [(one.target, one.verdict) for one in of.results] == [(FASTAPI.id, FAIL)]
    assert [one.target for one in run.results] == [row.id for row in run.targets] == [FASTAPI.id]
    assert {(one.target, one.verdict) for one in run.counterparts} == set(zip(THREE, (FAIL, PASS, PASS), strict=True))
    assert of.store is not None
    assert of.store.counts == {"fail": 1}
    assert [(line.target.id, line.total.applicable) for line in grid_of(run).rows] == [(FASTAPI.id, 1)]
    (found,) = findings(run, failing(), attributions(run))
    assert [one.target for one in found.cells] == [FASTAPI.id]
    assert (found.fault, found.culprit) == (Fault.SERVER.value, "gunicorn")


def test_a_run_in_which_nothing_failed_adds_nothing(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    of = session(tmp_path, runtime)
    passing = Target("reference", "fastapi", "auto")
    of = replace(of, jobs=jobs_of(named("a"), [passing]), rows={}, results=[], failures={})
    run, ended = done(of)
    assert (runtime.started, ended) == (["reference-fastapi-auto"], ["not compared"])
    assert (run.counterparts, run.counterpart_targets) == ((), ())


def test_where_a_counterpart_cannot_be_had_the_cause_is_unknown_and_no_error(tmp_path: Path) -> None:
    run, _ = done(session(tmp_path, FakeRuntime(missing=["reference"])))
    assert [(one.target, one.verdict) for one in run.results] == [(FASTAPI.id, FAIL)]
    found = attributions(run)["case.yaml::a", FASTAPI.id]
    assert (found.fault, found.culprit) == (Fault.UNKNOWN, "server or case")
    assert found.because.endswith("reference-control-auto did not start: the package index is out of reach")


def test_counterparts_that_take_too_long_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.app.session.PATIENCE", 0.05)

    class Slow(FakeRuntime):
        async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
            if launch.target != FASTAPI:
                await asyncio.sleep(3600)
            return await super().start(launch, prepare)

    run, ended = done(session(tmp_path, Slow()))
    assert ended == ["compared"]
    assert (len(run.results), run.counterparts, run.whole) == (1, (), True)


def test_what_is_red_is_run_again_before_it_is_compared(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    run, ended = done(session(tmp_path, runtime, recheck=True))
    assert runtime.started[:2] == [FASTAPI.id, FASTAPI.id]
    assert (len(run.counterparts), ended) == (3, ["compared"])
    assert run.results[0].recheck is not None


def test_the_runs_own_results_come_before_those_of_counterparts() -> None:
    own, other = row("s f"), row("s f", version="2")
    of_own, of_other = (JobResult("a", "x.yaml", own.id, "c", "must", verdict) for verdict in (FAIL, PASS))
    run = Run("id", {}, (own,), (of_own,), True, "whole", (of_other,), (other,))
    assert (run.cells, run.rows) == ((of_own,), (own,))


def test_a_framework_s_release_is_compared_in_that_release_and_with_the_control() -> None:
    mine = replace(FASTAPI, framework_release="@mine", framework_source="@../mine")
    found = compared_with(mine, SERVERS)
    assert [(one.id, one.framework_source) for one in found] == [
        ("gunicorn-control-auto", ""),
        ("reference-control-auto", ""),
        ("reference-fastapi@mine-auto", "@../mine"),
    ]


def test_a_counterpart_with_the_bare_app_is_no_application_of_a_project() -> None:
    found = compared_with(Target("gunicorn", "shop", "auto", answers=frozenset()), SERVERS)
    assert {one.id: one.answers for one in found} == {
        "gunicorn-control-auto": None, "reference-control-auto": None, "reference-shop-auto": frozenset()
    }  # fmt: skip
