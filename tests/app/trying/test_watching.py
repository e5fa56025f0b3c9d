"""Changed files: by time, size and inode."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from engine.app.trying import watching


def test_a_change_of_time_or_size_and_a_new_file_are_found(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    one.write_text("1")
    other.write_text("2")
    before = watching.stamps([one, other, third])
    assert not watching.changed(before, watching.stamps([one, other, third]))
    other.write_text("22")
    third.write_text("3")
    assert watching.changed(before, watching.stamps([one, other, third])) == [other, third]


def test_a_file_that_replaces_another_is_a_change(tmp_path: Path) -> None:
    one, new = tmp_path / "one", tmp_path / "new"
    one.write_text("1")
    before = watching.stamps([one])
    found = one.stat()
    new.write_text("2")
    os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns))
    new.replace(one)
    assert watching.changed(before, watching.stamps([one])) == [one]


@pytest.mark.parametrize("emptied", [False, True])
def test_a_missing_or_empty_file_is_no_change_until_it_is_back(tmp_path: Path, emptied: bool) -> None:
    one = tmp_path / "one"
    one.write_text("1")
    before = watching.stamps([one])
    one.unlink()
    if emptied:
        one.touch()
    assert not watching.changed(before, watching.stamps([one]))
    one.write_text("22")
    assert watching.changed(before, watching.stamps([one])) == [one]


def test_files_that_are_made_from_others_are_no_sources(tmp_path: Path) -> None:
    for name in ("app.py", "templates/page.html", "__pycache__/app.pyc", ".git/HEAD", ".app.py.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(watching.sources(tmp_path)) == [tmp_path / "app.py", tmp_path / "templates/page.html"]


def test_a_file_that_stays_away_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "INTERVAL", 0.01)
    monkeypatch.setattr(watching, "MISSING", 0.03)
    one, never = tmp_path / "one", tmp_path / "never"
    one.write_text("1")
    reported: list[Path] = []

    async def story() -> None:
        waiting = asyncio.create_task(
            watching.until_changed([one, never], watching.stamps([one, never]), reported.append)
        )
        await asyncio.sleep(0.1)
        assert reported == []
        one.unlink()
        await asyncio.sleep(0.2)
        one.write_text("22")
        assert await asyncio.wait_for(waiting, 5) == [one]
        assert reported == [one]

    asyncio.run(story())


def test_waiting_ends_with_the_change(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_text("1")

    async def story() -> None:
        waiting = asyncio.create_task(watching.until_changed([one], watching.stamps([one])))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        one.write_text("22")
        assert await asyncio.wait_for(waiting, 5) == [one]

    asyncio.run(story())
