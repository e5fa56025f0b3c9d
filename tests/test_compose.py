"""docker-compose.yml and the Dockerfile cannot read what the engine knows, so these hold them together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from engine.model.target import CONTROL
from engine.targets.catalog.frameworks import ASGI, load_frameworks
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.servers import load_servers
from engine.targets.environments import layout
from engine.targets.matrix.fitting import serves

ROOT = Path(__file__).parents[1]
FRAMEWORKS = load_frameworks(ROOT / "frameworks")
FIRST, OF_CONTROL, OF_NGINX = 8001, 8007, 8081
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def composed() -> dict[str, dict[str, Any]]:
    """The services, each variable at its default."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    services: dict[str, dict[str, Any]] = yaml.safe_load(DEFAULT.sub(r"\1", text))["services"]
    return services


def ports(service: dict[str, Any]) -> list[tuple[str, ...]]:
    return [tuple(port.rsplit(":", 2)) for port in service.get("ports", [])]


def arguments(name: str) -> dict[str, str]:
    found: dict[str, str] = composed()[name]["build"]["args"]
    return found


def test_every_asgi_framework_has_a_service_of_its_name() -> None:
    asgi = {one.name for one in FRAMEWORKS.values() if one.interface == ASGI}
    services = {name for name in composed() if name in FRAMEWORKS}
    assert services == asgi | {"wsgi-control"}
    assert all(arguments(name)["FRAMEWORK"] == name for name in services)


def test_the_ports_are_those_that_people_are_told() -> None:
    published = {name: ports(service) for name, service in composed().items()}
    others = {name for name, where in published.items() if where} - {CONTROL, "nginx"}
    inner = str(layout.PORT)
    assert published[CONTROL] == [("127.0.0.1", str(OF_CONTROL), inner)]
    assert published["nginx"] == [("127.0.0.1", str(OF_NGINX), str(layout.GATEWAY_PORT))]
    found = sorted(port for name in others for port in published[name])
    assert found == [("127.0.0.1", str(FIRST + number), inner) for number in range(6)]


def test_services_are_built_of_what_there_is() -> None:
    servers = load_servers()
    for name in composed():
        given = arguments(name)
        if name == "nginx":
            assert given["GATEWAY"] in load_gateways()
            assert load_gateways()[given["GATEWAY"]].speaks in servers[arguments(given["UPSTREAM"])["SERVER"]].speaks
        else:
            assert serves(servers.pick(given["SERVER"]), FRAMEWORKS[given["FRAMEWORK"]])


def test_every_build_names_a_stage_and_arguments_that_the_dockerfile_has() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE))
    known = set(re.findall(r"^ARG (\w+)", text, re.MULTILINE))
    for service in composed().values():
        assert service["build"]["target"] in stages
        assert set(service["build"]["args"]) <= known


def test_the_dockerfile_knows_where_things_are() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    assert str(layout.PYTHON) in text
    assert f"{layout.HOME}/packages:{layout.HOME}/app" in text


def test_every_service_with_an_app_can_have_a_desk() -> None:
    desks = yaml.safe_load((ROOT / "docker" / "desks.yml").read_text("utf-8"))["services"]
    assert set(desks) == {name for name in composed() if name in FRAMEWORKS}
    for name, service in desks.items():
        assert [volume.rpartition("}")[2] for volume in service["volumes"]] == [f"/{name}:{layout.HOME}/desk"]
