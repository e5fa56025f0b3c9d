"""The page that .ci/nightly writes, with an engine that only prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = """\
#!/bin/sh
echo "written: somewhere"
case $1 in
  history) echo "26 of 26 bugs found by all of their cases in 60 s; run 20260101-000000-aaaa" ;;
  grid) echo "9 cases: 8 passed, 1 failed in 5 s"; echo "run 20260101-000000-aaaa"; exit CODE ;;
  *) echo "all killed" ;;
esac
"""
PYTEST = """\
#!/bin/sh
echo "159 passed in 60 s"
exit CODE
"""


@pytest.mark.parametrize(("code", "status"), [(0, "ok"), (1, "failed")])
def test_the_page_has_a_row_for_each_part(tmp_path: Path, code: int, status: str) -> None:
    for name, text in (("engine", ENGINE), ("pytest", PYTEST)):
        command = tmp_path / name
        command.write_text(text.replace("CODE", str(code)))
        command.chmod(0o755)
    page = tmp_path / "nightly.md"
    ran = subprocess.run(
        [ROOT / ".ci" / "nightly", tmp_path, page], capture_output=True, text=True, timeout=60, check=False
    )
    text = page.read_text()
    rows = [re.sub(r" \d+ s \|$", " N s |", line) for line in text.splitlines() if line.startswith("|")]
    assert rows[2] == "| known bugs | ok | 26 of 26 bugs found by all of their cases in 60 s | N s |"
    assert rows[3] == f"| extended cases | {status} | 9 cases: 8 passed, 1 failed in 5 s | N s |"
    assert rows[4] == f"| every server | {status} | 9 cases: 8 passed, 1 failed in 5 s | N s |"
    assert rows[5] == "| mutants | ok | all killed | N s |"
    assert rows[6] == f"| extended tests | {status} | 159 passed in 60 s | N s |"
    assert re.search(r"wrote this page on \d{4}-\d{2}-\d{2} for commit [0-9a-f]{7,}\.", text)
    assert ran.returncode == 3 * code
