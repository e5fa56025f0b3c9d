"""The README's two lines install what is locked, and the lock covers all that pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.model.target import CONTROLS
from engine.targets.environments.locking import PROJECT_LOCK, project_requirements
from engine.targets.environments.packages import pins

ROOT = Path(__file__).parents[1]
LOCK = ROOT / PROJECT_LOCK
LINE = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e "
MACHINES = [
    {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": system,
        "platform_machine": machine,
    }
    for python in ("3.11", "3.12", "3.13")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
]


def pinned(machine: dict[str, str]) -> dict[str, str]:
    """The pins of the lock for a machine: versions by package."""
    found: dict[str, str] = {}
    for line in pins(LOCK.read_text("utf-8")):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(machine):
            (only,) = requirement.specifier
            assert only.operator == "=="
            assert found.setdefault(canonicalize_name(requirement.name), only.version) == only.version
    return found


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: "-".join(list(one.values())[1:]))
def test_the_lock_covers_what_pyproject_asks_for(machine: dict[str, str]) -> None:
    have = pinned(machine)
    for line in project_requirements(ROOT / "pyproject.toml"):
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate(machine):
            assert wanted.specifier.contains(have[canonicalize_name(wanted.name)]), line


def test_the_lock_names_no_place_of_a_registry() -> None:
    assert not re.search(r"://|--index|--find-links|@", LOCK.read_text("utf-8"))


def test_the_build_backend_is_pinned() -> None:
    """pip takes no constraints for what it builds with, so pyproject.toml itself says which release."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (backend,) = document["build-system"]["requires"]
    assert backend in pins(LOCK.read_text("utf-8"))


def test_both_lines_of_the_readme_install_what_is_locked() -> None:
    lines = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if "pip install" in line]
    assert [line.strip().removeprefix(LINE).partition(" && ")[0] for line in lines] == [".", "'.[test]'"]


def test_the_second_line_runs_the_tests_and_the_cases_of_the_bare_apps() -> None:
    """``.ci/run`` runs both lines as they stand there; the first has the frameworks."""
    first, second = (line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if "pip install" in line)
    assert first.endswith(" && .venv/bin/engine grid --loop both")
    chosen = "".join(f" --framework {name}" for name in CONTROLS)
    assert second.endswith(f" && .venv/bin/pytest -n 4{chosen}")


def test_every_other_line_that_installs_the_engine_does_as_well() -> None:
    documents = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(one.read_text("utf-8") for one in documents)
    lines = re.findall(r".*pip install.* -e.*", text)
    assert lines
    assert all(f"-c {PROJECT_LOCK} -e" in line for line in lines)


def test_all_data_of_the_package_are_at_the_top_of_the_checkout() -> None:
    """setup.py copies these folders into a wheel, and MANIFEST.in has them in a source distribution."""
    (roots,) = re.findall(r"^ROOTS = \((.*)\)$", (ROOT / "setup.py").read_text("utf-8"), re.M)
    folders = [name.strip('" ') for name in roots.split(",")]
    assert folders == ["specs", "frameworks", "schemas", "docker"]
    manifest = (ROOT / "MANIFEST.in").read_text("utf-8").splitlines()
    assert {f"graft {name}" for name in [*folders, "tests"]} <= set(manifest)
    assert all((ROOT / name).is_dir() for name in folders)
    assert not (ROOT / "engine" / "_data").exists()


def test_the_checks_of_a_checkout_have_the_installed_engine() -> None:
    """``.ci/installed`` builds both, and runs every command from them."""
    script = (ROOT / ".ci" / "installed").read_text("utf-8")
    commands = ("grid", "lint", "list", "show", "explain", "compare", "doctor", "--runtime docker", "/bin/pytest")
    assert [word for word in commands if not re.search(rf"check \d .*{word}\b", script)] == []
    assert ".ci/installed" in (ROOT / ".ci" / "run").read_text("utf-8")
