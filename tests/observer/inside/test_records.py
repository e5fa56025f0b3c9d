from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.observer.inside.records import Writer


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_bytes().splitlines()]


def test_the_first_line_says_who_writes(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    assert list(tmp_path.iterdir()) == []  # nothing before the first record: a parent that only forks has no file
    assert writer.write("x", ',"c":1') == 1
    first, second = lines(tmp_path)
    assert (first["k"], first["pid"], first["n"]) == ("worker", os.getpid(), 0)
    assert first["python"].count(".") == 2
    assert (second["k"], second["c"], second["n"]) == ("x", 1, 1)
    assert second["t"] >= first["t"]


def test_a_child_after_a_fork_has_a_file_of_its_own(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.write("parent")
    child = os.fork()
    if child == 0:
        writer.write("child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.write("parent")
    kinds = {
        file.stem: [json.loads(line)["k"] for line in file.read_bytes().splitlines()] for file in tmp_path.iterdir()
    }
    assert kinds == {str(os.getpid()): ["worker", "parent", "parent"], str(child): ["worker", "child"]}
    (numbers,) = ([json.loads(line)["n"] for line in (tmp_path / f"{child}.ndjson").read_bytes().splitlines()],)
    assert numbers == [0, 1]


def test_threads_share_one_file_with_whole_lines(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(200):
            writer.write("x", f',"text":"{"y" * 500}"')

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = lines(tmp_path)
    assert [record["k"] for record in records].count("worker") == 1
    assert sorted(record["n"] for record in records) == list(range(1601))


def test_a_full_disk_is_survived_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path)
    writer.write("before")
    real = os.write

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    assert [writer.write("lost") for _ in range(3)] == [-1, -1, -1]
    assert writer.lost == 3
    monkeypatch.setattr(os, "write", real)
    writer.write("after")
    _, before, note, after = lines(tmp_path)
    assert (before["k"], note["k"], after["k"]) == ("before", "note", "after")
    assert note["text"] == "evidence lost: 3 records, No space left on device"
    assert note["lost"] == 3
    assert writer.lost == 0


def test_a_device_that_is_full_from_the_start(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    (tmp_path / f"{os.getpid()}.ndjson").symlink_to("/dev/full")
    writer = Writer(tmp_path)
    assert writer.write("x") == -1
    assert writer.write("x") == -1
    assert writer.lost == 2


def test_a_line_that_was_cut_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path)
    writer.write("before")
    real = os.write
    written: list[int] = []

    def nearly_full(file: int, data: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(real(file, data[:10]))
        return 10

    monkeypatch.setattr(os, "write", nearly_full)
    assert writer.write("lost") == -1
    monkeypatch.setattr(os, "write", real)
    writer.write("after")
    (file,) = tmp_path.iterdir()
    rows = file.read_bytes().splitlines()
    assert len(rows[2]) == 10
    assert [json.loads(rows[index])["k"] for index in (0, 1, 3, 4)] == ["worker", "before", "note", "after"]


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "nowhere")
    assert writer.write("x") == -1
    (tmp_path / "nowhere").mkdir()
    writer.write("y")
    assert [record["k"] for record in lines(tmp_path / "nowhere")] == ["worker", "note", "y"]
