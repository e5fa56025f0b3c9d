"""Sources of releases of servers and frameworks: a requested release, resolved to something immutable.

A branch becomes a commit. A checkout becomes a copy in the cache, named after its content: so a change makes another
environment, and building leaves nothing in the user's own folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import EnvironmentFailed
from engine.registry import nearest
from engine.targets.catalog.releases import Checkout, GitReference, Pinned, Release, Version
from engine.targets.environments import commands
from engine.targets.environments.cache import DRAFT, hold, note_size

PROJECT = ("pyproject.toml", "setup.py")
# Files that are ignored in folders without version control.
LEFT_OUT = re.compile(r"\..*|__pycache__|node_modules|build|dist|venv|target|.*\.egg-info|.*\.pyc")
ANSWER_WITHIN = 60.0
LAST_LINES = 6
COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """``requirement`` is what uv is asked for, ``identity`` names the content, ``commit`` is where it was made from: ""
    for a release of the package index, with ``+changes`` behind it for a checkout that has some."""

    requirement: str
    identity: str
    commit: str = ""


class ReleaseSources:
    """Resolves each release once, however many targets need it."""

    def __init__(self, cache: Path) -> None:
        """``cache`` is the folder in which copies of checkouts are kept."""
        self._cache = cache
        self._found: dict[tuple[str, Release], asyncio.Future[ReleaseSource]] = {}

    async def fixed(self, package: str, release: Release) -> ReleaseSource:
        """The source of a release. Raises EnvironmentFailed for a folder that is no project, and for a revision that a
        repository lacks; OSError if the cache cannot be written."""
        at_once = known(package, release)
        if at_once is not None:
            return at_once
        key = (package, release)
        if key not in self._found:
            self._found[key] = asyncio.ensure_future(self._fix(package, release))
        return await asyncio.shield(self._found[key])

    async def _fix(self, package: str, release: Release) -> ReleaseSource:
        if isinstance(release, Checkout):
            return await asyncio.to_thread(checkout, package, release.folder, self._cache)
        assert isinstance(release, GitReference)
        return await branch(package, release)


def known(package: str, release: Release) -> ReleaseSource | None:
    """The source of a release, as far as it is known without access; None for a checkout and a branch."""
    if isinstance(release, (Pinned, Version)):
        return ReleaseSource(package + release.word, release.word)
    return None


def checkout(package: str, folder: Path, cache: Path) -> ReleaseSource:
    """A checkout, copied into the cache. Raises EnvironmentFailed where it is no project of Python's."""
    if not folder.is_dir():
        raise EnvironmentFailed(f"there is no folder {folder}", hint=f"{package}@FOLDER names a checkout of {package}")
    if not any((folder / name).is_file() for name in PROJECT):
        hint = f"it has neither {' nor '.join(PROJECT)}: name the folder that holds {package}'s own"
        raise EnvironmentFailed(f"{folder} is not a Python project", hint=hint)
    try:
        listed = sorted(files(folder))
        copy = kept(folder, listed, cache)
    except OSError as error:
        what = f"{folder} cannot be copied into the cache: {error.strerror or error}"
        raise EnvironmentFailed(what, hint=str(error.filename or "")) from None
    return ReleaseSource(f"{package} @ {copy.as_uri()}", copy.name, commit_of(folder))


def files(folder: Path) -> Iterator[Path]:
    """The files of a checkout, relative to it: those that git keeps or would keep; without git, all but what is made
    from others."""
    listed = git(folder, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed is not None:
        # A file that was deleted and not committed is listed as well; a submodule is a folder.
        names = (Path(name) for name in listed.split("\0") if name)
        yield from {name: None for name in names if (folder / name).is_symlink() or (folder / name).is_file()}
        return
    for path, folders, found in os.walk(folder):
        folders[:] = [name for name in folders if not LEFT_OUT.fullmatch(name)]
        yield from ((Path(path) / name).relative_to(folder) for name in found if not LEFT_OUT.fullmatch(name))


def kept(folder: Path, listed: list[Path], cache: Path) -> Path:
    """The copy of a checkout's files, held from now on, and made where the cache lacks it. Raises OSError."""
    digest = hashlib.sha256()
    for name in listed:
        path = folder / name
        link = path.is_symlink()
        content = os.readlink(path).encode() if link else path.read_bytes()
        runs = bool(path.lstat().st_mode & stat.S_IXUSR)
        digest.update(f"{name}\0{link}{runs}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    copy = cache / "sources" / digest.hexdigest()[:16]
    while not (hold(copy) and copy.is_dir()):
        copied(folder, listed, copy)
        note_size(copy)
    return copy


def copied(folder: Path, listed: list[Path], copy: Path) -> None:
    """Copy a checkout's files; the complete copy appears by a rename. Raises OSError."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=copy.parent))
    try:
        for name in listed:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, draft / name, follow_symlinks=False)
        draft.chmod(0o755)
        draft.rename(copy)
    except OSError:
        # Another engine was faster, which is fine; anything else is an error.
        if not copy.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def commit_of(folder: Path) -> str:
    """The commit of a checkout, with ``+changes`` where it has any; "" where there is none."""
    commit = (git(folder, "rev-parse", "HEAD") or "").strip()
    changed = commit and git(folder, "status", "--porcelain", "--", ".")
    return f"{commit}+changes" if changed else commit


def git(folder: Path, *words: str) -> str | None:
    """The output of git in a folder; None if git is not installed, or the folder is no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, check=False, stdin=subprocess.DEVNULL, env=quiet()
        )
    except OSError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def quiet() -> Mapping[str, str]:
    """The engine's environment, with a git that asks nobody anything and writes nothing of its own accord."""
    away = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    own = {name: value for name, value in os.environ.items() if name not in away}
    return own | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


async def branch(package: str, release: GitReference) -> ReleaseSource:
    """A branch, a tag or a commit of a repository, by its commit. Raises EnvironmentFailed."""
    what = ["--heads", "--tags", release.url] if release.ref else [release.url, "HEAD"]
    text = without_secrets(release.url)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            code, output = await commands.run(["git", "ls-remote", *what], env=quiet(), cwd=Path("/"))
    except OSError:
        raise EnvironmentFailed("git, which fetches branches, cannot be run", hint="install git") from None
    except TimeoutError:
        what_happened = f"{text} did not answer within {ANSWER_WITHIN:g} s"
        raise EnvironmentFailed(what_happened, hint="is there a network, or a proxy to set?") from None
    if code != 0:
        log = "\n".join(output.strip().splitlines()[-LAST_LINES:]).replace(release.url, text)
        hint = "git's own words are below: is the address right, and is there a network?"
        raise EnvironmentFailed(f"git cannot read {text}", hint=hint, log=log)
    commit = commit_in(output, release.ref)
    if not commit and COMMIT.fullmatch(release.ref):
        commit = release.ref
    if not commit:
        names = [
            line.split("\t")[1].removeprefix("refs/heads/") for line in output.splitlines() if "refs/heads/" in line
        ]
        missing = f"no branch, tag or commit {release.ref!r}" if release.ref else "nothing yet"
        raise EnvironmentFailed(f"{text} has {missing}", hint=nearest(release.ref, names))
    below = f"#subdirectory={release.folder}" if release.folder else ""
    return ReleaseSource(f"{package} @ git+{release.url}@{commit}{below}", f"git {release.url} {commit}{below}", commit)


def commit_in(output: str, ref: str) -> str:
    """The commit of a ref in what ``git ls-remote`` says, "" if it is not among them. A tag's own object is not it."""
    found = {name: commit for commit, _, name in (line.partition("\t") for line in output.splitlines())}
    names = [f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}"] if ref else ["HEAD"]
    return next((found[name] for name in names if name in found), "")


def without_secrets(url: str) -> str:
    """A repository's address without a user's name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
