"""The runtimes selected by ``--runtime`` and ``--url``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.app import wiring
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.model.target import Target
from engine.targets.runtimes.external.runtime import RunningRuntime

URLS = ("fastapi=http://127.0.0.1:8002", "wsgi-control=http://127.0.0.1:8081")


def engine(*urls: str, way: str = "running") -> Engine:
    return Engine(find(), "", way, urls)


def test_services_that_run_are_targets() -> None:
    assert engine(*URLS).targets(RunOptions()) == [
        Target("gunicorn", "fastapi", "auto", runtime="running"),
        Target("fcgisgi", "wsgi-control", "auto", "nginx-fastcgi", runtime="running"),
    ]
    (one,) = engine(*URLS).targets(RunOptions(frameworks=("fastapi",), servers=("granian",), loop="uvloop"))
    assert one.id == "granian-fastapi-uvloop-running"


def test_a_service_is_one_target() -> None:
    for options in (RunOptions(loop="both"), RunOptions(servers=("granian", "daphne")), RunOptions(gateways=("all",))):
        with pytest.raises(UsageError, match="is one server on one loop behind one gateway"):
            engine(URLS[0]).targets(options)


def test_a_framework_without_a_url_is_nowhere() -> None:
    with pytest.raises(UsageError, match="no --url says where quart is"):
        engine(*URLS).targets(RunOptions(frameworks=("quart",)))
    with pytest.raises(UsageError, match="--url is only for running services"):
        engine(*URLS, way="local").targets(RunOptions())


def test_containers_are_targets_of_their_own() -> None:
    (one,) = engine(way="docker").targets(RunOptions(frameworks=("control",)))
    assert (one.runtime, one.id) == ("docker", "gunicorn-control-auto-docker")


def test_the_observer_reaches_where_there_is_a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fastapi").mkdir()
    monkeypatch.setenv("ENGINE_DESK", str(tmp_path))
    running = engine(*URLS)
    reaches = [running.reach(target) for target in running.targets(RunOptions())]
    assert [(reach.observer, reach.processes) for reach in reaches] == [(True, False), (False, False)]
    assert engine(way="docker").reach(Target("gunicorn", "control", "auto", runtime="docker")).processes


def test_a_front_finds_its_services_in_another_process_too(tmp_path: Path) -> None:
    again = pickle.loads(pickle.dumps(engine(*URLS)))
    assert again.services == engine(*URLS).services
    assert isinstance(wiring.runtime(again, tmp_path), RunningRuntime)


def test_services_that_run_already_have_the_release_that_they_have() -> None:
    with pytest.raises(UsageError, match=r"--runtime running starts no fastapi==0\.100\.0"):
        engine(*URLS).targets(RunOptions(frameworks=("fastapi==0.100.0",)))


@pytest.mark.parametrize("way", ["local", "docker"])
def test_a_server_with_one_connection_at_a_time_is_serial(way: str) -> None:
    assert wiring.limits(engine(way=way)).serial == {"gunicorn-sync"}
    one = engine(way=way)
    one.targets(RunOptions(servers=("gunicorn-sync==26.2.0",), frameworks=("wsgi-control",)))
    assert wiring.limits(one).serial == {"gunicorn-sync", "gunicorn-sync==26.2.0"}
