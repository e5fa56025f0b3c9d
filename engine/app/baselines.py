"""The baselines of a run: the files in the folders of its suites, or above them up to the root of their collection."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.app.project_paths import relative
from engine.documents.roots import BASELINE, absolute, up_to_root
from engine.errors import UsageError

__all__ = ["BASELINE", "baselines", "named"]


def baselines(files: Iterable[str], given: str = "") -> tuple[Path, ...]:
    """The baselines for suites in some files: the one that is ``given``, else each known-failures.yaml in a suite's
    folder or in one above it, up to the root of its collection. Raises UsageError where the one given is not there."""
    if given:
        return (named(given),)
    folders = dict.fromkeys(absolute(Path(file)).parent for file in files)
    above = dict.fromkeys(one for folder in folders for one in up_to_root(folder))
    return tuple(relative(folder / BASELINE) for folder in above if (folder / BASELINE).is_file())


def named(given: str) -> Path:
    """The baseline that an option names. Raises UsageError where it is not there."""
    path = Path(given)
    if not path.is_file():
        raise UsageError(f"there is no baseline {given}", hint="`engine baseline update --baseline FILE` makes one")
    return path
