"""The two sides of a gate: a checkout with a change, and what it is compared with.

The base is the merge base of the checkout's commit and a branch, a release, or an earlier run. Where the commit is on
the branch already and nothing else has changed, the base is its parent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.app.engine import RunOptions
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import renumbered
from engine.model.target import CONTROL
from engine.results.analysis.comparison import Pair
from engine.targets.catalog.releases import FRAMEWORK, SERVER, Checkout, wanted
from engine.targets.environments.sources import commit_of, git

BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""The branches that a change is compared with by default: the first that exists."""
VERSION = re.compile(r"(?:==)?([0-9][^@~\s]*)")
SHALLOW = "in a shallow clone there is none: fetch the history (`fetch-depth: 0` of actions/checkout)"


@dataclass(frozen=True, slots=True)
class GateSides:
    """The options of a run of both sides. ``changed`` are the words of the checkout, ``base`` those of the other side
    in the same order; ``of_server`` says whether it is a server's; ``reason`` describes the base."""

    options: RunOptions
    changed: tuple[str, ...]
    base: tuple[str, ...]
    reason: str
    of_server: bool


def changed_words(options: RunOptions) -> tuple[tuple[str, ...], str]:
    """The words of the checkout that has the change, and their sort: SERVER or FRAMEWORK. Several are of one folder,
    such as the servers with either parser. Raises UsageError unless there is exactly one checkout."""
    found = [(word, SERVER) for word in options.servers if _is_checkout(word, SERVER)]
    found += [(word, FRAMEWORK) for word in options.frameworks if _is_checkout(word, FRAMEWORK)]
    if len({(sort, _folder(word, sort)) for word, sort in found}) != 1:
        hint = "the change is one checkout: --server NAME@FOLDER or --framework NAME@FOLDER"
        if not found:
            raise UsageError("no checkout is given", hint=hint)
        raise UsageError(f"{' and '.join(word for word, _ in found)} are more than one checkout", hint=hint)
    return tuple(word for word, _ in found), found[0][1]


def _is_checkout(word: str, sort: str) -> bool:
    return word != "all" and isinstance(wanted(word, sort).release, Checkout)


def _folder(word: str, sort: str) -> Path:
    release = wanted(word, sort).release
    assert isinstance(release, Checkout)
    return release.folder.resolve()


def sides(options: RunOptions, against: str) -> GateSides:
    """Both sides of a change, in one run: the checkout among the options, and a release or a commit of the same thing.
    A server is run with the bare app unless frameworks are named. Raises UsageError."""
    words, sort = changed_words(options)
    named = [wanted(word, sort) for word in words]
    release = next((found for one in named if (found := VERSION.fullmatch(against.removeprefix(one.name)))), None)
    if release:
        source, reason = f"=={release[1]}", f"the release {release[1]}"
    else:
        folder = _folder(words[0], sort)
        commit, reason = base_commit(folder, against)
        source = f"@git+{repository(folder)}@{commit}{below(folder)}"
    base = tuple(f"{one.name}{source}{f'~{one.variant}' if one.variant else ''}" for one in named)
    if sort == SERVER:
        others = options.frameworks or (CONTROL,)
        return GateSides(replace(options, servers=(*base, *words), frameworks=others), words, base, reason, True)
    return GateSides(replace(options, frameworks=(*base, *words)), words, base, reason, False)


def base_commit(folder: Path, against: str) -> tuple[str, str]:
    """The commit that a checkout is compared with, and its description. ``against`` is a branch, a tag or a commit, ""
    for the first of BRANCHES that exists. Raises UsageError if it cannot be found."""
    commit = commit_of(folder)
    if not commit:
        hint = f"`git -C {folder} rev-parse HEAD` says why; --against names a release or a run to compare it with"
        raise UsageError(f"{folder} has no commit", hint=hint)
    names = [against] if against else list(BRANCHES)
    branch = next((name for name in names if _commit(folder, name)), "")
    if not branch:
        hint = "--against names a branch, a tag, a commit, a release or a run"
        what = f"{folder} has no revision {against!r}" if against else f"{folder} has none of {', '.join(BRANCHES)}"
        raise UsageError(what, hint=hint)
    base = (git(folder, "merge-base", "HEAD", branch) or "").strip()
    if not base:
        raise UsageError(f"HEAD and {branch} of {folder} have no common commit", hint=SHALLOW)
    if base != commit:
        return base, f"{base[:12]}, the merge base with {branch}"
    parent = _commit(folder, "HEAD^")
    if not parent:
        raise UsageError(f"the commit of {folder} is that of {branch}, and has no parent", hint=SHALLOW)
    return parent, f"{parent[:12]}, the parent of HEAD, which is on {branch}"


def _commit(folder: Path, name: str) -> str:
    return (git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") or "").strip()


def repository(folder: Path) -> str:
    """The address of the repository of a checkout, for a release of a branch."""
    top = (git(folder, "rev-parse", "--show-toplevel") or str(folder)).strip()
    return Path(top).resolve().as_uri()


def below(folder: Path) -> str:
    """The part of a release's address for a project that is not at the top of its repository."""
    top = (git(folder, "rev-parse", "--show-toplevel") or str(folder)).strip()
    inner = os.path.relpath(folder.resolve(), Path(top).resolve())
    return "" if inner == "." else f"#subdirectory={Path(inner).as_posix()}"


def comparable(jobs: Sequence[Job], of: GateSides) -> list[Job]:
    """The jobs that both sides can differ in: of a server, those in which it takes part. Raises UsageError if there
    are none."""
    found = renumbered([job for job in jobs if not (of.of_server and job.case.without_server)])
    if jobs and not found:
        hint = "compare two releases of a framework, by --framework NAME@FOLDER"
        raise UsageError("the cases call the app without a server, so they cannot compare two servers", hint=hint)
    return found


def again(jobs: Sequence[Job], pairs: Sequence[Pair]) -> list[Job]:
    """The jobs of a run that are repeated: those of both sides of each pair, as a plan of their own."""
    cells = {(one.address, one.target) for pair in pairs for one in (pair.before, pair.after)}
    return renumbered([job for job in jobs if (job.case.address, job.target.id) in cells])
