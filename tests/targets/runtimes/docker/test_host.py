"""The runtime of containers: what it asks of Docker, and, where there is a Docker engine, real containers."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from engine.app import wiring
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.errors import EngineError, EnvironmentFailed, StartError
from engine.execution.job import Job
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.observer.spool import ObserverSpool
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.servers import load_servers
from engine.targets.environments import layout
from engine.targets.runtimes.docker.docking import RUN, connect, run_word, sweep
from engine.targets.runtimes.docker.host import DESK, USER, DockerHost
from engine.targets.runtimes.docker.images import BASE
from engine.targets.runtimes.starter import READY_WITHIN, Starter
from tests.cli.conftest import ENGINE, clean
from tests.targets.runtimes.docker.docker_here import FakeDocker

TARGET = Target("gunicorn", "control", "asyncio", runtime="docker")
REQUIRED = "ENGINE_REQUIRE_DOCKER"


class Nobody:
    """Clears nothing up."""

    def __init__(self, run: str) -> None:
        self.run = run

    def remove(self, folder: Path) -> None: ...

    def close(self) -> None: ...


def runtime(folder: Path, make: Any, ready_within: float = READY_WITHIN) -> Starter:
    host = DockerHost(
        cache=folder / "cache", root=layout.ROOT, make=make, reaper=Nobody, variables={"PYTHON_IMAGE": base()}
    )
    return Starter(
        host, load_frameworks(layout.ROOT / "frameworks"), load_servers(), ObserverSpool.create, folder,
        ready_within=ready_within,
    )  # fmt: skip


def base() -> str:
    return os.environ.get("PYTHON_IMAGE") or BASE


def test_a_container_that_ends_at_once_is_reported_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeDocker()
    calls: list[dict[str, Any]] = []
    create = fake.containers.create

    def noted(*positional: Any, **more: Any) -> Any:
        calls.append(more)
        made = create(*positional, **more)
        made.words, made.code = b"ModuleNotFoundError: No module named 'x'\n", 1
        return made

    monkeypatch.setattr(fake.containers, "create", noted)
    with pytest.raises(StartError, match="ended before it was ready") as caught:
        asyncio.run(runtime(tmp_path, lambda: fake).start(ServerLaunch(TARGET)))
    assert "No module named 'x'" in caught.value.log
    (place,) = fake.containers.things
    held, given = calls
    assert held["labels"][RUN] == given["labels"][RUN] == run_word()
    assert held["ports"] == {f"{layout.PORT}/tcp": ("127.0.0.1", None)}
    assert held["networking_config"][fake.networks.things[0].name] == {"ipv4_address": "172.30.0.2"}
    assert given["network_mode"] == f"container:{place.id}"
    assert next(mount["Target"] for mount in given["mounts"]) == DESK
    assert given["environment"]["ENGINE_PLAYS"] == "1"


def test_what_a_container_is_given_for_tls_lies_in_its_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody clears up here, and there are keys among it.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fake = FakeDocker()
    calls: list[list[str]] = []
    seen: list[tuple[int, int, int]] = []
    create = fake.containers.create

    def noted(*positional: Any, **more: Any) -> Any:
        made = create(*positional, **more)
        if "mounts" in more:
            calls.append(list(positional[1]))
            spool = next(Path(mount["Source"]) for mount in more["mounts"] if mount["Target"] == DESK)
            key = (spool / "tls" / "server.key").stat()
            seen.append((stat.S_IMODE(key.st_mode), key.st_uid, stat.S_IMODE((spool / "tls").stat().st_mode)))
            made.words, made.code = b"ssl.SSLError: no\n", 1
        return made

    monkeypatch.setattr(fake.containers, "create", noted)
    with pytest.raises(StartError, match="ended before it was ready"):
        asyncio.run(runtime(tmp_path, lambda: fake).start(ServerLaunch(TARGET, (("tls", True),))))
    (line,) = calls
    assert line[line.index("--certfile") + 1] == f"{DESK}/tls/server.pem"
    assert line[line.index("--keyfile") + 1] == f"{DESK}/tls/server.key"
    # Where the engine is root the container is not.
    assert seen == [(0o600, os.getuid() or USER, 0o755)]


def test_without_docker_a_target_says_so(tmp_path: Path) -> None:
    def make() -> Any:
        raise EnvironmentFailed("there is no Docker engine")

    with pytest.raises(EnvironmentFailed, match="no Docker engine"):
        asyncio.run(runtime(tmp_path, make).start(ServerLaunch(TARGET)))


@pytest.fixture(scope="module")
def docker() -> Any:
    """A Docker engine that has the base image. Without one the test is skipped, unless ENGINE_REQUIRE_DOCKER is 1."""
    why = ""
    try:
        client = connect()
        if not client.images.list(name=base()):
            why = f"Docker has no image {base()}; PYTHON_IMAGE names another"
    except EngineError as error:
        why = error.what
    if why and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, and {why}")
    if why:
        pytest.skip(why)
    return client


def mine(client: Any, run: str) -> list[str]:
    """The containers and networks of a run."""
    filters = {"label": f"{RUN}={run}"}
    found = [*client.containers.list(all=True, filters=filters), *client.networks.list(filters=filters)]
    return [one.name for one in found]


@pytest.mark.docker
def test_a_target_in_a_container_is_a_target(docker: Any, tmp_path: Path) -> None:
    async def run() -> tuple[Any, ExitStatus | None]:
        live = await runtime(tmp_path, connect).start(ServerLaunch(TARGET))
        try:
            assert live.signal(signal.SIGHUP)
            assert next(one.pid for one in live.usage()) == live.pid
            assert live.boundary.lifespans()
            assert "Booting worker" in live.log()
        finally:
            how = await live.stop()
        return live.facts, how

    try:
        facts, how = asyncio.run(run())
    finally:
        sweep(docker, lambda found: found == run_word())
    assert (facts.loop_name, how) == ("asyncio", ExitStatus(status=0))
    assert {"gunicorn", "image"} <= facts.versions.keys()
    assert mine(docker, run_word()) == []


HANGS = """\
suite: Hangs
category: hangs
cite: [LIFE-01]
level: must
cases:
  - id: hangs
    title: Its startup never ends
    application: {lifespan: [{receive: {}}, {await: never}]}
    steps:
      - request: {path: /health, expect: {status: 200}}
      - mark: never
"""


@pytest.mark.docker
def test_a_container_that_hangs_is_given_up_and_removed(docker: Any, tmp_path: Path) -> None:
    suite = tmp_path / "hangs.yaml"
    suite.write_text(HANGS)
    found = Engine(find()).load([suite], whole=True)
    assert not found.diagnostics
    script = wiring.runner("run").script_of(Job(0, found.suites[0].cases[0], TARGET, ServerLaunch(TARGET)), "")
    assert script is not None
    impatient = runtime(tmp_path, connect, ready_within=3.0)
    launch = ServerLaunch(TARGET, lifespan_of="j0")
    try:
        with pytest.raises(StartError, match="was not ready within 3 s") as caught:
            asyncio.run(impatient.start(launch, lambda spool: spool.stage("j0", script)))
        # The place stays for the run's other targets; the server, which was in it, is gone.
        left = docker.containers.list(all=True, filters={"label": f"{RUN}={run_word()}"})
        assert [one.attrs["HostConfig"]["NetworkMode"].startswith("container:") for one in left] == [False]
    finally:
        sweep(docker, lambda found: found == run_word())
    assert "Booting worker" in caught.value.log
    assert mine(docker, run_word()) == []


SUITE = """\
suite: Both
category: both
cite: [SCOPE-01]
level: must
cases:
  - id: seen
    title: The app sees the request
    steps:
      - request: {path: /health, expect: {status: 200}}
      - app: {expect: {scope.path: /health}}
  - id: raw
    title: A raw connection is told by its port
    runs_on: control
    steps:
      - tcp:
          script:
            - send: "GET /health HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
            - response: {expect: {status: 200}}
      - app: {expect: {scope.path: /health}}
  - id: ends
    title: A server ends when it is told
    runs_on: control
    steps:
      - signal: TERM
      - exit: {within: 20s, expect: {code: 0}}
  - id: hangs
    title: An app that takes its time
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
    alone: true
    steps:
      - request: {path: /delay, query: {seconds: "5", n: $(n)}, expect: {status: 200}}
"""


@pytest.mark.docker
@pytest.mark.parametrize("how", ["whole", "interrupted", "killed"])
def test_nothing_is_left_of_a_run(docker: Any, tmp_path: Path, how: str) -> None:
    suite = tmp_path / "both.yaml"
    suite.write_text(SUITE if how != "whole" else SUITE.partition("  - id: hangs")[0])
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    command = [*ENGINE, "grid", str(suite), "--framework", "control", "--runtime", "docker", "--results", str(tmp_path)]
    with subprocess.Popen(
        command,
        cwd=layout.ROOT,
        env=clean() | {"PYTHON_IMAGE": base(), "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        run = run_word(process.pid)
        if how != "whole":
            while not mine(docker, run) and process.poll() is None:
                pass
            process.send_signal(signal.SIGINT if how == "interrupted" else signal.SIGKILL)
        said, _ = process.communicate(timeout=240)
    assert process.returncode == {"whole": 0, "interrupted": 130, "killed": -signal.SIGKILL}[how], said
    if how == "killed":
        # Whoever clears up after it is still at it; so is this, and either may be first.
        subprocess.run([*ENGINE, "clean"], cwd=layout.ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert mine(docker, run) == []
    if how == "whole":
        assert "3/3" in said
    deadline = time.monotonic() + 60
    while how == "killed" and list(scratch.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(scratch.iterdir()) == []


def test_the_real_tests_can_be_required() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "is_a_target"]
    env = clean() | {REQUIRED: "1", "DOCKER_HOST": "unix:///nowhere.sock"}
    done = subprocess.run(command, cwd=layout.ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "no Docker engine" in done.stdout
