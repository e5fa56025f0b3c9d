"""Running gunicorn's own suite against services of this project: on a checkout that is made for the test."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import existing_suite
from benchmarks.existing_suite import SUITE, main
from tests.cli.conftest import clean

ROOT = Path(__file__).parent.parent
CHECK = """\
import urllib.request
def test_health():
    with urllib.request.urlopen("http://127.0.0.1:{port}/health") as response:
        assert response.status == {status}
"""


def checkout(folder: Path, status: int) -> Path:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    suite = folder / SUITE
    (suite / "tests").mkdir(parents=True)
    (suite / "docker-compose.yml").write_text(f'services:\n  control:\n    ports: ["{port}:8000"]\n')
    # Its own options have names that this engine's plugin has as well.
    (suite / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--framework')\n"
        "    parser.addoption('--skip-docker-check', action='store_true')\n"
    )
    (suite / "pytest.ini").write_text("[pytest]\n")
    (suite / "tests" / "test_health.py").write_text(CHECK.format(port=port, status=status))
    return folder


@pytest.mark.service
@pytest.mark.parametrize(("status", "code"), [(200, 0), (201, 1)])
def test_the_suite_runs_against_services_of_ours(tmp_path: Path, status: int, code: int) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.existing_suite",
        str(checkout(tmp_path, status)),
        "--",
        "-p",
        "no:asyncio",
    ]
    before = sorted(tmp_path.rglob("*"))
    ran = subprocess.run(command, cwd=ROOT, env=clean(), capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ("1 passed" if status == 200 else "assert 200 == 201") in ran.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_no_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "name a checkout of gunicorn" in capsys.readouterr().err
    suite = tmp_path / SUITE
    suite.mkdir(parents=True)
    (suite / "docker-compose.yml").write_text("services: {}\n")
    assert main([str(tmp_path)]) == 2
    assert "has no service with a port" in capsys.readouterr().err


def test_a_library_that_the_suite_imports_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = checkout(tmp_path, 200) / SUITE
    (suite / "conftest.py").write_text("import pytest\nimport no_such_library\n")
    monkeypatch.setattr(existing_suite, "NEEDED", ("pytest", "no_such_library"))
    assert main([str(tmp_path)]) == 2
    assert "no_such_library is not installed: pip install" in capsys.readouterr().err
