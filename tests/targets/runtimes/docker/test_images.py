"""Images: named after their contents, built once, and a failed build reported with its own output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EnvironmentFailed
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.releases import Checkout, Variant, Version
from engine.targets.catalog.servers import load_servers
from engine.targets.environments import layout
from engine.targets.environments.packages import Environment
from engine.targets.runtimes.docker.images import Images, stage
from tests.targets.runtimes.docker.docker_here import FakeDocker

CONTROL = load_frameworks(layout.ROOT / "frameworks")["control"]
GUNICORN = load_servers()["gunicorn"]


class Bench:
    """Images of a fake engine, and their progress output."""

    def __init__(self, folder: Path, root: Path = layout.ROOT, base: str = "python:x") -> None:
        self.docker = FakeDocker()
        self.progress: list[str] = []
        variables = {"PYTHON_IMAGE": base, "HTTPS_PROXY": "http://proxy:1", "SECRET": "no"}
        self.images = Images(
            folder, root, lambda: self.docker, ThreadPoolExecutor(2), variables, on_progress=self.progress.append
        )

    def ensure(self, *turns: object) -> list[Environment]:
        async def all_of_them() -> list[Environment]:
            return await asyncio.gather(*(self.images.ensure(CONTROL, GUNICORN) for _ in turns))

        return asyncio.run(all_of_them())


def test_an_image_is_built_once_and_told_of(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    one, other = bench.ensure(1, 2)
    assert one is other
    (build,) = bench.docker.api.builds
    assert build["buildargs"] == {
        "BASE": "python:x", "FRAMEWORK": "control", "SERVER": "gunicorn", "VERSION": "", "HTTPS_PROXY": "http://proxy:1",
    }  # fmt: skip
    assert [line for line in bench.progress if "Step 1/2" in line]
    assert one.versions == {"gunicorn": "27.0.1", "typing-extensions": "4", "image": "ab" * 6}
    assert (one.python, one.version) == (layout.PYTHON, "3.12.1")
    again = Bench(tmp_path)
    again.docker.images.names.add(build["tag"])
    again.ensure(1)
    assert again.docker.api.builds == []
    assert again.progress == []


def test_the_name_tells_what_it_is_made_of(tmp_path: Path) -> None:
    images = Bench(tmp_path).images
    name = images.name(CONTROL, GUNICORN)
    assert name.startswith("asgi-conformance/control:gunicorn-")
    assert name == images.name(CONTROL, GUNICORN)
    assert name != Bench(tmp_path, base="other").images.name(CONTROL, GUNICORN)
    assert name != images.name(CONTROL, replace(GUNICORN, release=Version("26.2.0")))


def test_a_build_that_fails_is_told_once_with_its_words(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.docker.api.lines = [{"stream": "Collecting x\n"}, {"error": "The command returned a non-zero code: 1"}]
    for _ in range(2):
        with pytest.raises(EnvironmentFailed, match="Docker could not build") as caught:
            bench.ensure(1)
        assert "Collecting x" in caught.value.log
        assert "non-zero code" in caught.value.log
    assert len(bench.docker.api.builds) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda server: replace(server, release=Checkout(Path("x"), "x")),
        lambda server: replace(server, variant=Variant("old", pins=("h11==0.14.0",))),
    ],
)
def test_what_an_image_cannot_hold_is_refused(tmp_path: Path, change: Callable[..., Any]) -> None:
    with pytest.raises(EnvironmentFailed, match="cannot be put into an image"):
        Bench(tmp_path).images.name(CONTROL, change(GUNICORN))
    with pytest.raises(EnvironmentFailed, match="control@x cannot be put into an image"):
        Bench(tmp_path).images.name(replace(CONTROL, release=Checkout(Path("x"), "x")), GUNICORN)


def test_without_a_checkout_there_is_nothing_to_build_from(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="Dockerfile"):
        Bench(tmp_path, root=tmp_path).images.name(CONTROL, GUNICORN)
    with pytest.raises(EnvironmentFailed, match="is not among the frameworks"):
        Bench(tmp_path).images.name(replace(CONTROL, folder=tmp_path / "control"), GUNICORN)


def test_an_image_is_built_from_the_engine_that_runs_and_the_data_beside_it(tmp_path: Path) -> None:
    """In an installation the data are inside the package, and not next to it."""
    data = tmp_path / "data"
    for name in ("docker", "frameworks", "specs"):
        (data / name / "__pycache__").mkdir(parents=True)
        (data / name / "file").touch()
    stage(data, tmp_path / "context")
    staged = {path.relative_to(tmp_path / "context").as_posix() for path in (tmp_path / "context").rglob("*")}
    assert {"docker/file", "frameworks/file", "engine/targets/environments/layout.py"} <= staged
    assert not any("__pycache__" in path or "_data" in path or path.startswith("specs") for path in staged)
