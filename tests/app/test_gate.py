"""The sides of a gate: the checkout with a change, and its base."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import gate
from engine.app.engine import RunOptions
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import numbered, renumbered
from engine.model.target import ServerLaunch, Target
from tests.execution.planning.test_plan import CASE


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    ran = subprocess.run(["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a commit on main, and one more on the branch that is checked out."""
    folder = tmp_path / "tiny"
    (folder / "inner").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for name in ("a", "b"):
        (folder / "inner" / name).touch()
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", name)
        if name == "a":
            git(folder, "tag", "first")
            git(folder, "checkout", "-q", "-b", "change")
    return folder


def options(folder: Path, *frameworks: str) -> RunOptions:
    return RunOptions((f"gunicorn@{folder}",), frameworks)


def test_the_base_is_the_merge_base_with_the_first_branch_that_exists(checkout: Path) -> None:
    found = gate.sides(options(checkout), "")
    commit = git(checkout, "rev-parse", "first")
    assert found.base == (f"gunicorn@git+{checkout.resolve().as_uri()}@{commit}",)
    assert found.options.servers == (*found.base, f"gunicorn@{checkout}")
    assert found.options.frameworks == ("control",)
    assert found.reason == f"{commit[:12]}, the merge base with main"


def test_a_commit_that_is_on_the_branch_is_compared_with_its_parent(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "-B", "main")
    commit, reason = gate.base_commit(checkout, "")
    assert commit == git(checkout, "rev-parse", "HEAD^")
    assert "the parent of HEAD" in reason
    (checkout / "inner" / "b").write_text("changed")
    assert gate.base_commit(checkout, "")[0] == git(checkout, "rev-parse", "HEAD")


def test_a_branch_a_tag_and_a_commit_can_be_named(checkout: Path) -> None:
    first = git(checkout, "rev-parse", "first")
    for name in ("main", "first", first, first[:10]):
        assert gate.base_commit(checkout, name)[0] == first


@pytest.mark.parametrize("word", ["26.2.0", "==26.2.0", "gunicorn==26.2.0"])
def test_a_release_can_be_named(checkout: Path, word: str) -> None:
    assert gate.sides(options(checkout, "starlette"), word).base == ("gunicorn==26.2.0",)
    assert gate.sides(options(checkout, "starlette"), word).options.frameworks == ("starlette",)


def test_a_project_below_the_top_of_its_repository_and_a_variant(checkout: Path) -> None:
    found = gate.sides(RunOptions((f"gunicorn@{checkout}/inner~two-workers",)), "first")
    assert found.base[0].endswith("#subdirectory=inner~two-workers")


def test_a_change_of_a_framework(checkout: Path) -> None:
    found = gate.sides(RunOptions(("granian",), (f"starlette@{checkout}",)), "")
    assert found.options.servers == ("granian",)
    assert found.options.frameworks == (*found.base, f"starlette@{checkout}")
    assert not found.of_server


def test_several_servers_of_one_checkout(checkout: Path) -> None:
    """A project has several servers: one with each parser, and one in a variant."""
    words = (f"gunicorn@{checkout}", f"gunicorn-h1c@{checkout}/../tiny", f"gunicorn@{checkout}~two-workers")
    found = gate.sides(RunOptions(words, ("control", "wsgi-control")), "26.2.0")
    assert found.base == ("gunicorn==26.2.0", "gunicorn-h1c==26.2.0", "gunicorn==26.2.0~two-workers")
    assert found.options.servers == (*found.base, *words)
    assert found.changed == words
    address = f"git+{checkout.resolve().as_uri()}@{git(checkout, 'rev-parse', 'first')}"
    assert gate.sides(RunOptions(words[:2]), "first").base == (f"gunicorn@{address}", f"gunicorn-h1c@{address}")
    with pytest.raises(UsageError, match="are more than one checkout"):
        gate.sides(RunOptions((words[0], f"gunicorn-h1c@{checkout}/inner")), "first")


def test_there_is_one_checkout(checkout: Path) -> None:
    with pytest.raises(UsageError, match="no checkout is given"):
        gate.sides(RunOptions(("gunicorn", "all")), "")
    with pytest.raises(UsageError, match="are more than one checkout"):
        gate.sides(RunOptions((f"gunicorn@{checkout}",), (f"starlette@{checkout}",)), "")


def test_revisions_that_do_not_exist(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no revision 'nowhere'"):
        gate.base_commit(checkout, "nowhere")
    with pytest.raises(UsageError, match="has no commit"):
        gate.base_commit(tmp_path, "")
    git(checkout, "checkout", "-q", "--orphan", "apart")
    git(checkout, "commit", "-qm", "apart")
    with pytest.raises(UsageError, match="no common commit") as caught:
        gate.base_commit(checkout, "main")
    assert "fetch-depth: 0" in caught.value.hint
    git(checkout, "branch", "-D", "main", "change")
    with pytest.raises(UsageError, match="has none of"):
        gate.base_commit(checkout, "")


def test_a_change_of_a_server_is_not_looked_for_in_cases_without_one(checkout: Path) -> None:
    of_server = gate.sides(options(checkout), "")
    of_framework = gate.sides(RunOptions(("granian",), (f"starlette@{checkout}",)), "")
    target = Target("gunicorn", "control", "auto")
    called, served = (
        numbered(Job(0, replace(CASE, without_server=without), target, ServerLaunch(target)), number)
        for number, without in enumerate((True, False))
    )
    assert gate.comparable([called, served], of_server) == renumbered([served])
    assert gate.comparable([called, served], of_framework) == [called, served]
    assert gate.comparable([], of_server) == []
    with pytest.raises(UsageError, match="call the app without a server"):
        gate.comparable([called], of_server)
