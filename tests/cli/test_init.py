"""``engine init``: from an application to a grid in two commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Engine

APPLICATION = """\
class Starlette:
    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})


app = Starlette()
"""


@pytest.fixture
def project(suites: Path) -> Path:
    (suites / "cases.yaml").unlink()
    (suites / ".git").mkdir()
    (suites / "shop.py").write_text(APPLICATION)
    return suites


@pytest.mark.service
def test_from_an_application_to_a_grid(engine: Engine, project: Path) -> None:
    ran = engine("init")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("found: the application shop:app (shop.py:8 makes an application)\n")
    assert "written: conformance.yaml\n" in ran.stdout
    ran = engine("grid")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 results (1 case on 2 targets): 2 passed" in ran.stdout


def test_nothing_is_overwritten(engine: Engine, project: Path) -> None:
    (project / "conformance.yaml").write_text("conformance: Mine\n")
    ran = engine("init")
    assert ran.returncode == 2
    assert "already exists" in ran.stderr
    assert (project / "conformance.yaml").read_text() == "conformance: Mine\n"
    assert not (project / "conformance").exists()


def test_an_empty_folder(engine: Engine, project: Path) -> None:
    (project / "shop.py").unlink()
    ran = engine("init")
    assert (ran.returncode, "has no application" in ran.stderr) == (2, True)
    assert engine("init", "--app", "nothing").returncode == 2


def test_a_server_and_a_framework_of_ones_own(engine: Engine, project: Path) -> None:
    ran = engine("init", "--framework", "mini")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("found: the framework mini (--framework names it)\n")
    assert "engine contract mini " in ran.stdout
    assert engine("lint").returncode == 0
    assert engine("list", "frameworks").stdout.count("mini") >= 1
    (project / "conformance.yaml").unlink()
    ran = engine("init", "--framework", "mini", "--server", "tiny")
    assert (ran.returncode, "not allowed with" in ran.stderr) == (2, True)
