from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.errors import EnvironmentFailed
from engine.targets import locking
from engine.targets.environments import pins
from engine.targets.frameworks import Framework, load_frameworks
from engine.targets.servers import load_servers
from engine.targets.servers.base import Server

FRAMEWORKS = Path(__file__).parents[2] / "frameworks"
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


@pytest.mark.service
def test_making_locks(tmp_path: Path) -> None:
    (tmp_path / "s.in").write_text("uvloop==0.21.0\n")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "requirements.in").write_text("uvloop>=0.20\n")
    server = Server("s", "s", "S", tmp_path / "s.lock", base=lambda start: [])
    framework = Framework("f", "F", "app:app", tmp_path / "f")
    written = asyncio.run(locking.make_locks([server], [framework]))
    assert written == [server.lock, framework.lock]
    assert pins(framework.lock.read_text()) == ["uvloop==0.21.0"]
    (tmp_path / "f" / "requirements.in").write_text("uvloop>=0.22\n")
    with pytest.raises(EnvironmentFailed) as caught:
        asyncio.run(locking.make_locks([server], [framework]))
    assert "uvloop" in caught.value.log
    assert pins(framework.lock.read_text()) == ["uvloop==0.21.0"]
