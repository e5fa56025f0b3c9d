"""The bounds of the cache: what goes, and what never goes because somebody uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.targets.environments import cache
from engine.targets.environments.cache import (
    DAY,
    RECENT,
    UNUSED,
    acquire,
    clear,
    entries,
    hold,
    lock_of,
    note_size,
    prune,
    release,
)

NOW = time.time()


def entry(root: Path, name: str, idle: float = 0.0, size: int = 1000, kind: str = "environments") -> Path:
    """An entry of some size, last used some seconds ago."""
    folder = root / kind / name
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"x" * size)
    note_size(folder)
    os.utime(lock_of(folder), (NOW - idle, NOW - idle))
    return folder


def old(path: Path, idle: float) -> Path:
    """A file, or a folder, that nobody has touched for so long."""
    os.utime(path, (NOW - idle, NOW - idle))
    return path


@contextmanager
def engine_that(does: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has done something with an entry, and lives on."""
    lines = (
        "import sys; from pathlib import Path; from engine.targets.environments.cache import acquire, hold, lock_of; "
    )
    lines += f"folder = Path(sys.argv[1]); found = {does}; print(found, flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", lines, str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() not in ("", "None", "False")
        yield process
        process.kill()


def test_what_was_used_last_stays_up_to_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 2500)
    kept = [entry(tmp_path, f"e{age}", age * RECENT) for age in (2, 3)]
    gone = [entry(tmp_path, "copy", 5 * RECENT, kind="sources"), entry(tmp_path, "e4", 4 * RECENT)]
    assert sorted(prune(tmp_path, NOW)) == sorted(gone)
    assert [one.folder for one in entries(tmp_path)] == kept
    assert not any(lock_of(folder).exists() for folder in gone)
    assert prune(tmp_path, NOW) == []


def test_a_small_entry_stays_behind_a_large_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 1500)
    large = entry(tmp_path, "large", 2 * RECENT, 5000)
    small = entry(tmp_path, "small", 3 * RECENT)
    assert prune(tmp_path, NOW) == [large]
    assert small.is_dir()


def test_what_nobody_used_for_long_goes_and_what_was_used_lately_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = entry(tmp_path, "long-ago", UNUSED + 60)
    lately = entry(tmp_path, "lately", RECENT / 2)
    assert prune(tmp_path, NOW) == [long_ago]
    monkeypatch.setattr(cache, "LIMIT", 0)
    assert prune(tmp_path, NOW) == []
    assert lately.is_dir()


def test_using_an_entry_is_noted(tmp_path: Path) -> None:
    folder = entry(tmp_path, "e", UNUSED + 60)
    assert hold(folder)
    assert entries(tmp_path)[0].used >= NOW - 60
    release(folder)
    assert prune(tmp_path, NOW) == []


@pytest.mark.parametrize("does", ["hold(folder)", "acquire(lock_of(folder))"])
def test_what_another_engine_uses_or_makes_is_never_removed(tmp_path: Path, does: str) -> None:
    folder = entry(tmp_path, "e")
    with engine_that(does, folder):
        old(lock_of(folder), UNUSED + 60)
        assert prune(tmp_path, NOW) == []
        assert clear(tmp_path) == ([], [folder])
        assert (folder / "file").exists()
    # It was killed, and the system has let go of its lock.
    assert clear(tmp_path) == ([folder], [])
    assert not folder.exists()


def test_an_entry_that_is_made_is_not_waited_for(tmp_path: Path) -> None:
    folder = entry(tmp_path, "e")
    with engine_that("acquire(lock_of(folder))", folder):
        assert not hold(folder, wait=False)
        assert acquire(lock_of(folder)) is None
    assert hold(folder, wait=False)
    release(folder)


def test_a_lock_that_was_removed_meanwhile_is_nobodys(tmp_path: Path) -> None:
    folder = entry(tmp_path, "e")
    first = acquire(lock_of(folder))
    assert first is not None
    lock_of(folder).unlink()
    second = acquire(lock_of(folder))
    assert second is not None
    os.close(first)
    os.close(second)
    assert hold(folder)
    lock_of(folder).unlink()
    assert hold(folder)
    assert lock_of(folder).exists()
    assert clear(tmp_path) == ([], [folder])
    release(folder)


def test_small_files_and_old_versions_of_documents_go_with_time(tmp_path: Path) -> None:
    documents = entry(tmp_path, "mark", kind="documents")
    (tmp_path / "probes").mkdir()
    kept: list[Path] = []
    gone: list[Path] = []
    for folder in (documents, tmp_path / "probes"):
        for name, idle, where in (("new.json", DAY, kept), ("old.json", UNUSED + 60, gone)):
            (folder / name).touch()
            where.append(old(folder / name, idle))
    prune(tmp_path, NOW)
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)


def test_what_a_killed_engine_left_half_done_is_swept(tmp_path: Path) -> None:
    whole = entry(tmp_path, "e")
    kind = whole.parent
    for name in (".draft-1", ".removed-1"):
        (kind / name / "inner").mkdir(parents=True)
        old(kind / name, RECENT + 60)
    (kind / ".draft-2").mkdir()
    old(kind / ".draft-2", RECENT / 2)
    (kind / "gone.lock").touch()
    old(kind / "gone.lock", RECENT + 60)
    prune(tmp_path, NOW)
    assert sorted(path.name for path in kind.iterdir()) == [".draft-2", "e", "e.lock"]


def test_once_a_day_is_often_enough(tmp_path: Path) -> None:
    folder = entry(tmp_path, "e", UNUSED + 60)
    cache.prune_daily(tmp_path)
    assert not folder.exists()
    again = entry(tmp_path, "f", UNUSED + 60)
    cache.prune_daily(tmp_path)
    assert again.exists()
    old(tmp_path / cache.STAMP, DAY + 60)
    cache.prune_daily(tmp_path)
    assert not again.exists()


def test_a_folder_that_is_no_cache_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    (tmp_path / "letter.txt").touch()
    entry(tmp_path, "e")
    assert len(clear(tmp_path)[0]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["environments", "letter.txt", "mine"]
    cache.prune_daily(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_size_of_a_folder_counts_a_file_once(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"x" * 1000)
    (tmp_path / "link").hardlink_to(tmp_path / "inner" / "file")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert 1000 <= cache.size_of(tmp_path) < 2000
