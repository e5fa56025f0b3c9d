from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed
from engine.targets.catalog.releases import PINNED, Checkout, GitReference, Release, Version
from engine.targets.environments import sources
from engine.targets.environments.sources import ReleaseSource, ReleaseSources, commit_in, without_secrets


class Repository:
    """A git repository of a project, with a branch and a tag."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("pyproject.toml", "[project]\nname = 'thing'\nversion = '1.0'\n")
        self.write("thing.py", "")
        self.write(".gitignore", "ignored\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.first = self.commit("one")
        self.git("tag", "-a", "v1", "-m", "one")
        self.git("checkout", "--quiet", "-b", "fix/it")
        self.write("thing.py", "x = 1\n")
        self.second = self.commit("two")
        self.git("checkout", "--quiet", "main")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def git(self, *words: str) -> str:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "e", "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "e"}
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=own | who, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "thing")


def fixed(release: Release, cache: Path) -> ReleaseSource:
    return asyncio.run(ReleaseSources(cache).fixed("thing", release))


def test_what_the_index_has_is_known_at_once(tmp_path: Path) -> None:
    assert (
        fixed(Version("2.0"), tmp_path)
        == sources.known("thing", Version("2.0"))
        == ReleaseSource("thing==2.0", "==2.0")
    )
    assert fixed(PINNED, tmp_path).identity == ""
    assert sources.known("thing", Checkout(tmp_path, "x")) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ref", ["main", "fix/it", "v1", ""])
def test_a_branch_is_a_commit(repository: Repository, tmp_path: Path, ref: str) -> None:
    url = repository.folder.as_uri()
    found = fixed(GitReference(url, ref, "x"), tmp_path)
    commit = repository.second if ref == "fix/it" else repository.first
    assert found == ReleaseSource(f"thing @ git+{url}@{commit}", f"git {url} {commit}", commit)
    below = fixed(GitReference(url, ref, "x", "python"), tmp_path)
    assert below.requirement == f"thing @ git+{url}@{commit}#subdirectory=python"


def test_a_commit_is_taken_as_it_is(repository: Repository, tmp_path: Path) -> None:
    found = fixed(GitReference(repository.folder.as_uri(), repository.second[:10], "x"), tmp_path)
    assert found.commit == repository.second[:10]


def test_a_branch_moves_on(repository: Repository, tmp_path: Path) -> None:
    branch = GitReference(repository.folder.as_uri(), "main", "x")
    before = fixed(branch, tmp_path)
    repository.write("thing.py", "y = 2\n")
    commit = repository.commit("three")
    after = fixed(branch, tmp_path)
    assert (before.commit, after.commit) == (repository.first, commit)
    assert before.identity != after.identity


def test_what_a_repository_does_not_hold(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed) as caught:
        fixed(GitReference(repository.folder.as_uri(), "mian", "x"), tmp_path)
    assert caught.value.what == f"{repository.folder.as_uri()} has no branch, tag or commit 'mian'"
    assert caught.value.hint == "did you mean 'main'?"
    with pytest.raises(EnvironmentFailed) as caught:
        fixed(GitReference((tmp_path / "none").as_uri(), "main", "x"), tmp_path)
    assert caught.value.what.startswith("git cannot read file://")
    assert "does not appear to be a git repository" in caught.value.log


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed) as caught:
        fixed(GitReference("file:///none", "main", "x"), tmp_path)
    assert (caught.value.what, caught.value.hint) == ("git, which fetches branches, cannot be run", "install git")


def test_a_checkout_is_copied_under_its_content(repository: Repository, tmp_path: Path) -> None:
    repository.write("ignored", "junk")
    release = Checkout(repository.folder, "thing")
    before = fixed(release, tmp_path / "cache")
    copy = tmp_path / "cache" / "sources" / before.identity
    assert before == ReleaseSource(f"thing @ {copy.as_uri()}", copy.name, repository.first)
    assert sorted(path.name for path in copy.iterdir()) == [".gitignore", "pyproject.toml", "thing.py"]
    assert fixed(release, tmp_path / "cache") == before
    repository.write("new.py", "")
    changed = fixed(release, tmp_path / "cache")
    assert changed.identity != before.identity
    assert changed.commit == f"{repository.first}+changes"
    repository.write("ignored", "other junk")
    assert fixed(release, tmp_path / "cache") == changed
    (repository.folder / "new.py").rename(repository.folder / "renamed.py")
    assert fixed(release, tmp_path / "cache").identity not in (before.identity, changed.identity)
    (repository.folder / "renamed.py").unlink()
    assert fixed(release, tmp_path / "cache") == before
    (repository.folder / "thing.py").unlink()
    assert fixed(release, tmp_path / "cache").identity != before.identity
    assert not list((tmp_path / "cache" / "sources").glob(".draft-*"))


def test_a_checkout_without_git_leaves_out_what_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    for name in ("setup.py", "src/a.py", "src/__pycache__/a.pyc", ".venv/bin/python", "a.egg-info/PKG-INFO"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    found = fixed(Checkout(folder, "plain"), tmp_path / "cache")
    copy = tmp_path / "cache" / "sources" / found.identity
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()) == ["setup.py", "src/a.py"]
    assert found.commit == ""


def test_the_mode_and_a_link_are_content(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "setup.py").write_text("")
    seen = {fixed(Checkout(folder, "x"), tmp_path / "cache").identity}
    (folder / "setup.py").chmod(0o755)
    seen.add(fixed(Checkout(folder, "x"), tmp_path / "cache").identity)
    (folder / "link").symlink_to("setup.py")
    linked = fixed(Checkout(folder, "x"), tmp_path / "cache").identity
    assert len(seen | {linked}) == 3
    assert os.readlink(tmp_path / "cache" / "sources" / linked / "link") == "setup.py"


@pytest.mark.parametrize("there", [True, False])
def test_what_is_no_project(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "folder"
    if there:
        folder.mkdir()
    with pytest.raises(EnvironmentFailed) as caught:
        fixed(Checkout(folder, "x"), tmp_path / "cache")
    assert caught.value.what == (f"{folder} is not a Python project" if there else f"there is no folder {folder}")
    assert "thing" in caught.value.hint


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "setup.py").write_text("")
    cache = tmp_path / "cache"
    cache.write_text("no folder")
    with pytest.raises(EnvironmentFailed) as caught:
        fixed(Checkout(folder, "x"), cache)
    assert "cannot be copied into the cache" in caught.value.what


def test_it_is_looked_up_once(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []
    real = sources.checkout

    def counted(package: str, folder: Path, cache: Path) -> ReleaseSource:
        queries.append(package)
        return real(package, folder, cache)

    monkeypatch.setattr(sources, "checkout", counted)

    async def scene() -> None:
        one = ReleaseSources(tmp_path / "cache")
        release = Checkout(repository.folder, "thing")
        found = await asyncio.gather(*(one.fixed("thing", release) for _ in range(5)))
        assert len(set(found)) == 1

    asyncio.run(scene())
    assert queries == ["thing"]


def test_a_branch_goes_before_a_tag_and_a_tag_is_what_it_points_at() -> None:
    listed = "a\trefs/heads/x\nb\trefs/tags/x\nc\trefs/tags/x^{}\nd\trefs/tags/y\ne\trefs/heads/other/z\n"
    assert [commit_in(listed, ref) for ref in ("x", "y", "z", "other/z")] == ["a", "d", "", "e"]
    assert commit_in("f\tHEAD\n", "") == "f"
    assert commit_in(listed.partition("\n")[2], "x") == "c"


def test_no_password_is_shown() -> None:
    assert without_secrets("https://me:secret@host/a/b") == "https://host/a/b"
    assert without_secrets("file:///a/b") == "file:///a/b"
