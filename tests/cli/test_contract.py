"""``engine contract``: the endpoints that an app lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Engine

SETTINGS = "conformance: Mini\nframeworks: [conformance/mini]\n"


@pytest.fixture
def project(engine: Engine, suites: Path) -> Path:
    (suites / ".git").mkdir()
    (suites / "conformance.yaml").write_text("conformance: Mini\n")
    made = engine("new", "framework", "mini", "--into", "conformance")
    assert made.returncode == 0, made.stderr
    assert "frameworks: [conformance/mini]" in made.stdout
    assert not (suites / "conformance" / "control").exists()  # the built-in ones are there
    (suites / "conformance.yaml").write_text(SETTINGS)
    return suites


@pytest.mark.service
def test_a_new_framework_has_everything_to_do_but_its_first_endpoint(engine: Engine, project: Path) -> None:
    ran = engine("contract", "mini")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "GET /streaming" in ran.stdout
    assert "to do: 200, the request's body with the request's content type" in ran.stdout
    assert "left to do: " in ran.stdout
    assert "not checked: its cases need a capability that is not offered" in ran.stdout
    assert "Traceback" not in ran.stderr


@pytest.mark.service
def test_the_bare_app_has_nothing_left_to_do(engine: Engine) -> None:
    ran = engine("contract", "control")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "left to do" not in ran.stdout


@pytest.mark.service
def test_an_app_that_cannot_be_imported(engine: Engine, project: Path) -> None:
    (project / "conformance" / "mini" / "app.py").write_text("import nowhere_to_be_found\n")
    ran = engine("contract", "mini")
    assert ran.returncode == 3
    assert "reference-mini-auto" in ran.stdout
    assert "nowhere_to_be_found" in ran.stdout


def test_names_that_have_no_contract(engine: Engine, project: Path) -> None:
    (project / "shop.py").write_text("app = None\n")
    (project / "conformance.yaml").write_text(SETTINGS + 'applications: {shop: {app: "shop:app"}}\n')
    ran = engine("contract", "shop")
    assert (ran.returncode, "has no contract" in ran.stderr) == (2, True), ran.stderr
    assert engine("contract", "min").returncode == 2
