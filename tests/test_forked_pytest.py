from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked_pytest
from tests.cli.conftest import clean

TEST = """\
import os, sys, helper

def test_where():
    assert helper.HERE and os.getcwd() == {folder!r} and os.environ["MINE"] == "1"
    assert not [name for name in sys.modules if name.startswith(("engine.steps", "engine.matchers"))]
    print("printed", file=sys.stderr)
    assert False
"""


@pytest.mark.parametrize("words", [("-q",), ("-q", "-n", "1"), ("--asgi-server", "nope", "suites")], ids=" ".join)
def test_it_does_and_says_what_a_process_does_that_was_started(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "helper.py").write_text("HERE = True\n")
    (tmp_path / "test_one.py").write_text(TEST.format(folder=str(tmp_path)))
    words = (*words, "-p", "no:cacheprovider")
    variables = clean() | {"MINE": "1", "COLUMNS": "100"}
    started = subprocess.run(
        [sys.executable, "-m", "pytest", *forked_pytest.PLUGINS, *words],
        cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ran = forked_pytest.pytest(tmp_path, words, variables)
    assert (ran.returncode, *timeless(ran)) == (started.returncode, *timeless(started))
    assert ran.returncode
    assert ran.stdout + ran.stderr


def timeless(ran: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """What it printed, without durations."""
    return re.sub(r"in [0-9.]+s", "", ran.stdout), ran.stderr


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_one.py").write_text("import signal\ndef test_one(): signal.pause()\n")
    monkeypatch.setattr(forked_pytest, "WITHIN", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        forked_pytest.pytest(tmp_path, (), os.environ)
