"""Logs of any length, read and kept short."""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from pathlib import Path

import pytest

from engine.model.target import ExitStatus
from engine.targets.runtimes import logfile
from engine.targets.runtimes.local.process import ProcessSpec, SupervisedProcess
from engine.targets.runtimes.logfile import keep_short, read_log

# Writes many lines, and a last one once its log was cut: longer than the head alone, and no longer too long.
CHATTER = """
import os, sys, time
for number in range({count}):
    os.write(1, b"%07d\\n" % number)
for _ in range(6000):
    if {head} < os.fstat(1).st_size <= {most}:
        os.write(1, b"the end")
        sys.exit()
    time.sleep(0.01)
sys.exit("never cut")
"""


def test_a_log_is_text_whatever_it_holds(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none") == ""
    (tmp_path / "log").write_bytes(b"a\xff\n")
    assert read_log(tmp_path / "log") == "a\ufffd\n"
    assert read_log(tmp_path / "log", 2) == "\n"


def test_of_a_long_log_both_ends_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "READ", 8)
    (tmp_path / "log").write_bytes(b"abcdefgh")
    assert read_log(tmp_path / "log") == "abcdefgh"
    (tmp_path / "log").write_bytes(b"-abcd" + b"x" * 5000 + b"efgh")
    assert read_log(tmp_path / "log", 1) == "abcd\n[engine: 5,000 bytes of this log left out here]\nefgh"


def test_reading_a_gigabyte_takes_no_gigabyte(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.truncate(1 << 30)  # all holes
        file.seek(0, 2)
        file.write(b"the end")
    tracemalloc.start()
    try:
        assert read_log(tmp_path / "log").endswith("the end")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_log_that_is_too_long_loses_its_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MOST": 100, "HEAD": 10, "TAIL": 5}.items():
        monkeypatch.setattr(logfile, name, value)
    log = tmp_path / "log"
    log.write_bytes(b"h" * 100)
    keep_short(log)
    assert log.read_bytes() == b"h" * 100
    log.write_bytes(b"h" * 10 + b"m" * 100 + b"t" * 5)
    keep_short(log)
    assert log.read_text() == f"{'h' * 10}\n[engine: 100 bytes of this log were cut out here]\nttttt"
    # Where a case began behind the cut, what there is behind the head is its log.
    assert read_log(log, 112).endswith("\nttttt")
    keep_short(tmp_path / "none")


def test_a_log_is_kept_short_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MOST": 40_000, "HEAD": 800, "TAIL": 80, "EVERY": 0.005}.items():
        monkeypatch.setattr(logfile, name, value)
    log = tmp_path / "log"
    # 800,000 bytes, twenty times the most: however fast it is, it is cut before it ends.
    argv = (sys.executable, "-I", "-S", "-c", CHATTER.format(count=100_000, head=800, most=40_000))

    async def scene() -> None:
        process = await SupervisedProcess.start(ProcessSpec(argv, {}, tmp_path, log))
        assert await process.wait() == ExitStatus(status=0)
        await process.stop()
        await process.release()

    asyncio.run(scene())
    lines = log.read_text().splitlines()
    assert log.stat().st_size <= 40_000
    assert lines[:100] == [f"{number:07d}" for number in range(100)]
    assert any("bytes of this log were cut out here" in line for line in lines)
    assert "the end" in lines
