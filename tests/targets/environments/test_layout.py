"""The contents of an image."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.releases import Version
from engine.targets.catalog.servers import load_servers
from engine.targets.environments import layout

FRAMEWORKS, SERVERS = load_frameworks(layout.ROOT / "frameworks"), load_servers()


def test_a_service_is_its_app_its_packages_and_a_plan(tmp_path: Path) -> None:
    layout.service(FRAMEWORKS["control"], SERVERS["gunicorn"], tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert sorted(plan["commands"]) == sorted(SERVERS["gunicorn"].loops)
    assert f"{layout.EVERYWHERE}:{layout.PORT}" in plan["commands"]["asyncio"]
    assert plan["environment"] == {"ENGINE_APP": FRAMEWORKS["control"].app, "ENGINE_PLAYS": "1"}
    assert (tmp_path / "app" / "app.py").is_file()
    assert (tmp_path / "packages" / "engine_inside" / "service.py").is_file()
    assert not list(tmp_path.rglob("__pycache__"))


def test_what_a_server_brings_goes_with_it(tmp_path: Path) -> None:
    layout.service(FRAMEWORKS["wsgi-control"], SERVERS["fcgisgi"], tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert (plan["speaks"], plan["any_status"], list(plan["commands"])) == ("fastcgi", True, ["auto"])
    assert (tmp_path / "packages" / "engine_runners").is_dir()


def test_the_locks_are_installed_as_they_are() -> None:
    locked, resolved = layout.requirements(FRAMEWORKS["fastapi"], SERVERS["gunicorn"])
    assert resolved == []
    assert {"gunicorn", "fastapi"} <= {line.partition("==")[0] for line in locked}
    assert len(locked) == len(set(locked))


def test_another_version_takes_the_place_of_the_servers_pin() -> None:
    locked, resolved = layout.requirements(FRAMEWORKS["fastapi"], SERVERS["gunicorn"], "26.2.0")
    assert resolved[0] == "gunicorn==26.2.0"
    assert not [line for line in [*locked, *resolved[1:]] if line.startswith("gunicorn")]


def test_another_version_takes_the_place_of_the_frameworks_pin(tmp_path: Path) -> None:
    fastapi = replace(FRAMEWORKS["fastapi"], release=Version("0.160.0"))
    locked, resolved = layout.requirements(fastapi, SERVERS["gunicorn"])
    assert [line.partition("==")[0] for line in resolved] == ["fastapi", "python-multipart"]
    assert resolved[0] == "fastapi==0.160.0"
    assert {line.partition("==")[0] for line in locked} & {"gunicorn", "fastapi", "starlette"} == {"gunicorn"}
    locked, resolved = layout.requirements(fastapi, SERVERS["gunicorn"], "26.2.0")
    assert (locked, resolved[0], resolved[-2]) == ([], "gunicorn==26.2.0", "fastapi==0.160.0")
    django = replace(FRAMEWORKS["django"], release=Version("5.1"))
    _, resolved = layout.requirements(django, SERVERS["gunicorn"])
    assert [line.partition("==")[0] for line in resolved] == ["django", "channels"]
    assert layout.main(["service", "fastapi==0.160.0", "gunicorn", str(tmp_path)]) == 0
    assert (tmp_path / "resolved.txt").read_text().splitlines()[0] == "fastapi==0.160.0"


def test_what_does_not_go_together_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="does not serve"):
        layout.service(FRAMEWORKS["flask"], SERVERS["daphne"], tmp_path / "a")
    assert layout.main(["service", "fastapy", "gunicorn", str(tmp_path / "b")]) == 2
    assert "did you mean 'fastapi'?" in capsys.readouterr().err


def test_a_gateway_is_its_configuration(tmp_path: Path) -> None:
    assert layout.main(["gateway", "nginx-fastcgi", "upstream-host", str(tmp_path)]) == 0
    text = (tmp_path / "nginx.conf").read_text("utf-8")
    assert f"fastcgi_pass upstream-host:{layout.PORT};" in text
    assert f"listen {layout.EVERYWHERE}:{layout.GATEWAY_PORT};" in text
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["port"] == layout.GATEWAY_PORT
