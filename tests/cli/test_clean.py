"""``engine clean``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import main
from engine.targets.environments.cache import hold, release
from engine.targets.runtimes.docker import docking
from engine.targets.runtimes.docker.docking import labels, run_word
from tests.targets.runtimes.docker.docker_here import FakeDocker


def test_it_says_what_it_removed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeDocker()
    fake.containers.create("left", labels=labels("1-0"))
    fake.networks.create("net", labels=labels("1-0"))
    fake.containers.create("mine", labels=labels(run_word()))
    monkeypatch.setattr(docking.connect, "__defaults__", (lambda **more: fake,))
    assert main(["clean"]) == 0
    assert capsys.readouterr().out == "removed the container left\nremoved the network net\n"
    assert main(["clean"]) == 0
    assert capsys.readouterr().out == "nothing was left\n"
    assert [one.name for one in fake.containers.things] == ["mine"]


def test_the_cache_is_emptied_of_what_no_engine_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    for name in ("used", "unused"):
        folder = tmp_path / "environments" / name
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 2 * 1024**2)
    assert hold(tmp_path / "environments" / "used")
    assert main(["clean", "--cache"]) == 0
    assert capsys.readouterr().out == (
        f"removed 1 folder with 2 MiB from {tmp_path}\nleft, since an engine uses it: environments/used\n"
    )
    assert [path.name for path in (tmp_path / "environments").iterdir() if path.is_dir()] == ["used"]
    release(tmp_path / "environments" / "used")
    assert main(["clean", "--cache"]) == 0
    assert list((tmp_path / "environments").iterdir()) == []


def test_without_docker_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert main(["clean"]) == 3
    assert "no Docker engine at unix:///nowhere.sock" in capsys.readouterr().err
