from __future__ import annotations

import asyncio
import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.errors import EnvironmentFailed
from engine.targets.catalog.frameworks import Framework, load_frameworks
from engine.targets.catalog.servers import load_servers
from engine.targets.environments.locking import Lock, agree, make_locks, make_project_lock, project_lock
from engine.targets.environments.packages import pins

FRAMEWORKS = Path(__file__).parents[3] / "frameworks"
LOCKS = [server.lock for server in load_servers().values()] + [one.lock for one in load_frameworks(FRAMEWORKS).values()]
MACHINES = [
    {
        "python_version": python,
        "python_full_version": python + ".1",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
    }
    for python in ("3.11", "3.12", "3.13")
    for system in ("linux", "darwin")
]


def pinned(lock: Path, machine: dict[str, str]) -> dict[str, str]:
    """The versions that a lock names for a machine."""
    found: dict[str, str] = {}
    for line in pins(lock.read_text()):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(machine):
            (only,) = requirement.specifier
            assert only.operator == "=="
            assert found.setdefault(canonicalize_name(requirement.name), only.version) == only.version
    return found


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda machine: f"{machine['sys_platform']}-{machine['python_version']}"
)
def test_a_server_and_a_framework_never_disagree(machine: dict[str, str]) -> None:
    servers: dict[str, str] = {}
    for server in load_servers().values():
        for name, version in pinned(server.lock, machine).items():
            assert servers.setdefault(name, version) == version, f"{name} of {server.name}"
    for framework in load_frameworks(FRAMEWORKS).values():
        for name, version in pinned(framework.lock, machine).items():
            assert servers.get(name, version) == version, f"{name} of {framework.name}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}-{lock.stem}")
def test_a_lock_holds_what_its_source_asks_for_and_no_place_of_a_registry(lock: Path) -> None:
    text = lock.read_text()
    assert text.startswith("# Made from ")
    assert not re.search(r"://|--index|--find-links|@", text)
    have = {canonicalize_name(Requirement(line).name) for line in pins(text)}
    for line in pins(lock.with_suffix(".in").read_text()):
        wanted = Requirement(line)
        assert canonicalize_name(wanted.name) in have
        for machine in MACHINES:
            if wanted.marker is not None and not wanted.marker.evaluate(machine):
                continue
            version = pinned(lock, machine)[canonicalize_name(wanted.name)]
            assert wanted.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("framework", load_frameworks(FRAMEWORKS).values(), ids=lambda framework: framework.name)
def test_what_is_shown_is_installed(framework: Framework) -> None:
    for machine in MACHINES:
        assert {canonicalize_name(name) for name in framework.packages} <= set(pinned(framework.lock, machine))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels which is all that uv finds: each of a, b and common in the releases 1 and 2."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("a", "b", "common"):
        for version in ("1", "2"):
            of_both = "Requires-Dist: common\n" if name != "common" else ""
            wheel(folder, name, version, of_both)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


def wheel(folder: Path, name: str, version: str, more: str = "") -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def lock(folder: Path, name: str, asks: str, now: str = "") -> Lock:
    """A lock that can be made, and what it pins now."""
    found = Lock(name, folder / f"{name}.in", folder / f"{name}.lock")
    found.source.write_text(asks)
    if now:
        found.path.write_text(now)
    return found


@pytest.mark.usefixtures("index")
def test_a_lock_says_what_it_was_made_from_and_how(tmp_path: Path) -> None:
    server, framework = lock(tmp_path, "s", "a\n"), lock(tmp_path, "f", "b<2\n")
    [made] = asyncio.run(make_locks([server], [framework], ["f"]))
    assert made.lock == framework
    assert framework.path.read_text() == "# Made from f.in by: engine lock f\nb==1\ncommon==2\n"
    assert not server.path.exists()
    [again] = asyncio.run(make_locks([server], [framework], ["f"]))
    assert (made.changed, again.changed) == (True, False)


@pytest.mark.usefixtures("index")
def test_versions_stay_until_they_are_to_be_upgraded(tmp_path: Path) -> None:
    one, other = lock(tmp_path, "s", "a\n", "a==1\ncommon==1\n"), lock(tmp_path, "t", "b\n", "b==1\ncommon==1\n")
    asyncio.run(make_locks([one, other], [], ["s"]))
    assert one.lines == ["a==1", "common==1"]
    made = asyncio.run(make_locks([one, other], [], ["s"], upgrade=True))
    assert [result.lock for result in made] == [one]
    assert one.lines == ["a==2", "common==1"], "common stays as the other server has it"
    asyncio.run(make_locks([one, other], [], ["s", "t"], upgrade=True))
    assert one.lines + other.lines == ["a==2", "common==2", "b==2", "common==2"]


@pytest.mark.usefixtures("index")
def test_a_lock_that_would_disagree_is_made_with_it(tmp_path: Path) -> None:
    one = lock(tmp_path, "s", "a\n", "a==1\ncommon==1\n")
    new = lock(tmp_path, "t", "common>=2\n")
    framework = lock(tmp_path, "f", "b\n", "b==1\ncommon==1\n")
    apart = lock(tmp_path, "g", "b\n", "b==1\n")
    made = asyncio.run(make_locks([one, new], [framework, apart], ["t"]))
    assert [result.lock for result in made] == [one, new, framework]
    assert [one.lines, new.lines, framework.lines] == [["a==1", "common==2"], ["common==2"], ["b==1", "common==2"]]


@pytest.mark.usefixtures("index")
def test_nothing_is_written_where_one_cannot_be_resolved(tmp_path: Path) -> None:
    server, framework = lock(tmp_path, "s", "common==1\n"), lock(tmp_path, "f", "common==2\n")
    with pytest.raises(EnvironmentFailed, match=r"could not resolve .*f\.lock") as caught:
        asyncio.run(make_locks([server], [framework], ["s", "f"]))
    assert "common" in caught.value.log
    assert not server.path.exists()
    assert not framework.path.exists()


@pytest.mark.usefixtures("index")
def test_the_projects_lock_covers_its_build_and_its_extras(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["common==1"]\n[project]\ndependencies = ["a<2"]\n'
        '[project.optional-dependencies]\ntest = ["b"]\n'
    )
    made = asyncio.run(make_project_lock(project_lock(tmp_path)))
    text = (tmp_path / "constraints.txt").read_text()
    assert text == "# Made from pyproject.toml by: engine lock project\na==1\nb==2\ncommon==1\n"
    assert made.changed


def test_pins_disagree_where_one_package_has_two_versions() -> None:
    assert agree(["a==1", "B_c==2"], ["b-c==2", "d==1"])
    assert agree([], ["a==1"])
    assert not agree(["a==1"], ["A==2"])
    forked = ["a==1 ; python_version < '3.12'", "a==2 ; python_version >= '3.12'"]
    assert agree(["a==2 ; python_version >= '3.12'"], forked)
    assert not agree(forked, ["a==2"])
