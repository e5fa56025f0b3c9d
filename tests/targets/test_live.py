from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.targets.live import alive, read_log, recorded


def test_who_wrote_records(tmp_path: Path) -> None:
    for name in ("30.ndjson", "4.ndjson", "notes.ndjson", "5.txt"):
        (tmp_path / name).touch()
    assert recorded(tmp_path) == [4, 30]
    assert recorded(tmp_path / "none") == []


def test_who_is_alive() -> None:
    assert alive(os.getpid())
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    # Its end is seen by the pipe; nobody has waited for it yet.
    assert child.stdout.read() == b""
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    if sys.platform == "linux":
        assert not alive(child.pid)
    child.stdout.close()
    child.wait()
    assert not alive(child.pid)


def test_a_log_is_text_whatever_it_holds(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none") == ""
    (tmp_path / "log").write_bytes(b"a\xff\n")
    assert read_log(tmp_path / "log") == "a\ufffd\n"
