"""Files that are replaced in full or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from engine.replacing import replace_text, replacing


def test_a_file_has_the_new_content_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("former")
    with replacing(path, 0o640) as into:
        into.write(b"new")
        assert path.read_text() == "former"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["kept.json"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "interrupted"])
def test_the_former_content_stays_if_the_new_one_cannot_be_written(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "kept.json"
    path.write_text("former")

    def write() -> None:
        with replacing(path) as into:
            into.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_text() == "former"
    assert os.listdir(tmp_path) == ["kept.json"]


def test_two_writers_of_one_file_have_a_draft_each(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with replacing(path) as one, replacing(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["kept.json"]


def test_text_is_utf_8(tmp_path: Path) -> None:
    replace_text(tmp_path / "a", "é\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\n"


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_text(tmp_path / "nowhere" / "a", "")
