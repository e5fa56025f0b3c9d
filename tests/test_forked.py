from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked


@pytest.mark.parametrize(
    "words", [("list", "suites"), ("lint", "nowhere.yaml"), ("gird",), ("--version",)], ids=" ".join
)
def test_it_does_and_says_what_a_process_does_that_was_started(tmp_path: Path, words: tuple[str, ...]) -> None:
    started = subprocess.run(
        [sys.executable, "-m", "engine", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    ran = forked.engine(tmp_path, words)
    assert (ran.returncode, ran.stdout, ran.stderr) == (started.returncode, started.stdout, started.stderr)
    assert ran.stdout + ran.stderr


def test_an_exception_is_let_out_with_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise ValueError("of main's")

    monkeypatch.setattr(forked, "main", broken)
    ran = forked.engine(tmp_path, ())
    assert (ran.returncode, ran.stdout) == (forked.BROKEN, "")
    assert ran.stderr.endswith("ValueError: of main's\n")


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    monkeypatch.setattr(forked, "main", signal.pause)
    monkeypatch.setattr(forked, "WITHIN", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        forked.engine(tmp_path, ())


def test_this_process_stays_as_it_is(tmp_path: Path) -> None:
    before = Path.cwd(), sys.argv, sys.stdout
    assert forked.engine(tmp_path, ("list", "suites")).returncode == 0
    assert (Path.cwd(), sys.argv, sys.stdout) == before
