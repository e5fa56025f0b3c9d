"""The findings: each folder is complete and in the table, and nothing of the machine that wrote it is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path("docs/findings")
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
TABLE = Path("docs/findings.md").read_text("utf-8")


def test_the_table_has_each_folder_once() -> None:
    assert len(FOLDERS) >= 9
    assert sorted(re.findall(r"\(findings/([a-z0-9-]+)/README\.md\)", TABLE)) == FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_a_finding_stands_alone(name: str) -> None:
    folder = FOLDER / name
    files = {path.name for path in folder.iterdir()}
    assert {"README.md", "client.py", "requirements.txt", "support.py"} <= files
    # The application of a Django project is in its package.
    assert files & {"app.py", "contract_site"}
    # A framework's app is called without a server.
    driven = re.search(r"^    drive,$|\bimport .*\bdrive\b", (folder / "client.py").read_text("utf-8"), re.MULTILINE)
    assert ("run.sh" in files) != bool(driven)
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        compile(text, str(path), "exec")
        assert not re.search(r"^(?:import|from) engine\b", text, re.MULTILINE)
    readme = (folder / "README.md").read_text("utf-8")
    assert "](https://" in readme
    assert all("==" in line for line in (folder / "requirements.txt").read_text("utf-8").splitlines())
    assert str(Path.home()) + "/" not in readme
