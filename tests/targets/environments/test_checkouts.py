"""Releases from a checkout, from a branch and from the index, installed by uv itself and started.

The project is a server of a few lines that builds without anything from an index.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed
from engine.model.target import ServerLaunch, Target, TargetInfo
from engine.registry import Registry
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.environments.packages import Environments
from engine.targets.matrix.selection import configured, configured_frameworks
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter
from tests.targets.environments.test_sources import Repository
from tests.targets.runtimes.plain_spool import PlainSpool

pytestmark = pytest.mark.service

TINY = Path(__file__).parents[1] / "runtimes" / "tiny.py"
PROJECT = """\
[project]
name = "tinyserver"
version = "1.0"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# PEP 517 asks a backend for no more than this.
BACKEND = """
import re
import zipfile

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import os
    name = f"tinyserver-{version()}.dist-info"
    os.makedirs(f"{folder}/{name}")
    open(f"{folder}/{name}/METADATA", "w").write(metadata())
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = f"tinyserver-{version()}"
    with zipfile.ZipFile(f"{folder}/{name}-py3-none-any.whl", "w") as wheel:
        wheel.write("tinyserver.py")
        wheel.writestr(f"{name}.dist-info/METADATA", metadata())
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    return f"{name}-py3-none-any.whl"

def version():
    return re.search('version = "(.+)"', open("pyproject.toml").read())[1]

def metadata():
    return f"Metadata-Version: 2.1\\nName: tinyserver\\nVersion: {version()}\\n"
"""
APP = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""


def base(start: Start) -> list[str]:
    return [str(start.python), "-m", "tinyserver", start.app, f"fd:{start.descriptor}"]


class Bench:
    """The project in a repository, and a runtime that knows the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Repository(folder / "thing")
        (self.project.folder / "thing.py").unlink()
        shutil.copy(TINY, self.project.folder / "tinyserver.py")
        self.project.write("pyproject.toml", PROJECT)
        self.project.write("backend.py", BACKEND)
        self.first = self.project.commit("the project")
        (folder / "tiny.lock").write_text("tinyserver==1.0\n")
        (folder / "tiny.in").write_text("tinyserver==1.0\n")
        (folder / "app").mkdir()
        (folder / "app" / "app.py").write_text(APP)
        (folder / "app" / "requirements.lock").write_text("")
        self.server = Server("tiny", "tinyserver", "Tiny", folder / "tiny.lock", base=base)
        self.progress: list[str] = []

    def release(self, version: str) -> str:
        """Change the project's version, and commit that."""
        self.project.write("pyproject.toml", PROJECT.replace('"1.0"', f'"{version}"'))
        return self.project.commit(version)

    def start(self, *words: str) -> Mapping[str, TargetInfo | EnvironmentFailed]:
        """The results of the requested servers, by their configuration."""
        servers = {one.configuration: one for one in configured(Registry("server", [self.server]), words)}
        environments = Environments(self.folder / "cache", on_progress=self.progress.append)
        runtime = Starter(
            LocalHost(environments), {"one": Framework("one", "One", "app:app", self.folder / "app")}, servers,
            PlainSpool, self.folder / "run",
        )  # fmt: skip

        async def facts(server: Server) -> TargetInfo | EnvironmentFailed:
            target = Target("tiny", "one", "auto", release=server.release.word, variant=server.variant.name)
            try:
                live = await runtime.start(ServerLaunch(target))
            except EnvironmentFailed as error:
                return error
            await live.stop()
            return live.facts

        async def scene() -> list[TargetInfo | EnvironmentFailed]:
            return await asyncio.gather(*(facts(server) for server in servers.values()))

        return dict(zip(servers, asyncio.run(scene()), strict=True))

    def made(self) -> int:
        return sum(text.startswith("made ") for text in self.progress)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def found(facts: TargetInfo | EnvironmentFailed) -> tuple[str, str]:
    assert isinstance(facts, TargetInfo), facts
    return facts.version, facts.commit


def test_branches_tags_and_a_checkout_side_by_side(bench: Bench) -> None:
    bench.project.git("tag", "v1.0")
    bench.project.git("checkout", "--quiet", "-b", "next")
    second = bench.release("1.1")
    bench.project.git("checkout", "--quiet", "main")
    url = f"tiny@git+{bench.project.folder.as_uri()}"
    results = bench.start(f"{url}@v1.0", f"{url}@next", f"{url}@nxt", f"tiny@{bench.project.folder}", "tiny@/nowhere")
    assert found(results["tiny@v1.0"]) == found(results["tiny@thing"]) == ("1.0", bench.first)
    assert found(results["tiny@next"]) == ("1.1", second)
    missing, nowhere = results["tiny@nxt"], results["tiny@nowhere"]
    assert isinstance(missing, EnvironmentFailed)
    assert "no branch, tag or commit 'nxt'" in missing.what
    assert missing.hint == "did you mean 'next'?"
    assert isinstance(nowhere, EnvironmentFailed)
    assert nowhere.what == "there is no folder /nowhere"
    assert bench.made() == 3


def test_a_change_in_a_checkout_is_what_is_run(bench: Bench) -> None:
    words = f"tiny@{bench.project.folder}"
    assert found(bench.start(words)["tiny@thing"]) == ("1.0", bench.first)
    bench.project.write("pyproject.toml", PROJECT.replace('"1.0"', '"1.0.1"'))
    assert found(bench.start(words)["tiny@thing"]) == ("1.0.1", f"{bench.first}+changes")
    commit = bench.project.commit("changed")
    # The content is that of before, so nothing is made; and it is no change any more.
    assert found(bench.start(words)["tiny@thing"]) == ("1.0.1", commit)
    assert bench.made() == 2
    assert bench.project.git("status", "--porcelain") == ""


def test_a_branch_that_moves_on_is_what_is_run(bench: Bench) -> None:
    words = f"tiny@git+{bench.project.folder.as_uri()}@main"
    assert found(bench.start(words)["tiny@main"]) == ("1.0", bench.first)
    commit = bench.release("2.0")
    assert found(bench.start(words)["tiny@main"]) == ("2.0", commit)


def test_a_project_that_is_another_or_does_not_build(bench: Bench) -> None:
    bench.project.write("pyproject.toml", PROJECT.replace('"tinyserver"', '"other"'))
    bench.project.write("backend.py", BACKEND.replace("tinyserver", "other"))
    other = bench.start(f"tiny@{bench.project.folder}")["tiny@thing"]
    assert isinstance(other, EnvironmentFailed)
    assert other.what == f"{bench.project.folder} is not tinyserver but other"
    bench.project.write("backend.py", "raise ValueError('broken')\n")
    broken = bench.start(f"tiny@{bench.project.folder}")["tiny@thing"]
    assert isinstance(broken, EnvironmentFailed)
    assert broken.what == "tiny@thing cannot be built"
    assert "broken" in broken.log


def test_without_an_index_a_version_is_not_to_be_had(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(bench.folder / "uv"))
    failed = bench.start("tiny==1.5")["tiny==1.5"]
    assert isinstance(failed, EnvironmentFailed)
    assert failed.what == "uv could not make the environment for one under tiny==1.5"
    assert "could not reach the package index" in failed.hint
    assert failed.log


# Frameworks

FRAMED = """
import tinyserver

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200 if tinyserver.serve else 500, "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""


def plain_base(start: Start) -> list[str]:
    return [str(start.python), str(TINY), start.app, f"fd:{start.descriptor}"]


def test_a_framework_of_a_checkout_and_of_a_branch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is the framework of an app, under a server that needs no package; an index is not asked."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    (bench.folder / "app" / "app.py").write_text(FRAMED)
    (bench.folder / "app" / "requirements.in").write_text("tinyserver==1.0\n")
    (bench.folder / "app" / "requirements.lock").write_text("tinyserver==1.0\n")
    (bench.folder / "plain.lock").write_text("")
    project = bench.project.folder
    framework = Framework("one", "One", "app:app", bench.folder / "app", ("tinyserver",))
    server = Server("plain", "", "Plain", bench.folder / "plain.lock", base=plain_base)
    words = [f"one@{project}", f"one@git+{project.as_uri()}@main", "one==1.5"]
    known = {one.configuration: one for one in configured_frameworks(Registry("framework", [framework]), words)}
    runtime = Starter(
        LocalHost(Environments(bench.folder / "cache", on_progress=bench.progress.append)), known, {"plain": server},
        PlainSpool, bench.folder / "run",
    )  # fmt: skip

    async def facts(one: Framework) -> TargetInfo | EnvironmentFailed:
        try:
            live = await runtime.start(ServerLaunch(Target("plain", "one", "auto", framework_release=one.release.word)))
        except EnvironmentFailed as error:
            return error
        await live.stop()
        return live.facts

    async def scene() -> list[TargetInfo | EnvironmentFailed]:
        return [await facts(one) for one in known.values()]

    checkout, branch, version = asyncio.run(scene())
    assert isinstance(checkout, TargetInfo), checkout
    assert isinstance(branch, TargetInfo), branch
    assert (checkout.framework_version, checkout.framework_commit) == ("1.0", bench.first)
    assert (branch.framework_version, branch.framework_commit) == ("1.0", bench.first)
    assert (checkout.version, checkout.commit) == ("", "")
    assert isinstance(version, EnvironmentFailed)
    assert "could not reach the package index" in version.hint
    assert bench.project.git("status", "--porcelain", "--ignored") == ""
