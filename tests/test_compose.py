"""docker-compose.yml is made from the declarations of the frameworks; it and the Dockerfile fit the engine."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli.main import main
from engine.errors import UsageError
from engine.targets.catalog.frameworks import ASGI, WSGI, Framework, load_frameworks
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.servers import load_servers
from engine.targets.environments import composing, layout
from engine.targets.environments.composing import compose_files
from engine.targets.matrix.fitting import serves

ROOT = Path(__file__).parents[1]
FRAMEWORKS = load_frameworks(ROOT / "frameworks")
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


def test_the_files_are_those_that_the_declarations_make() -> None:
    for name, text in compose_files(FRAMEWORKS.values()).items():
        assert (ROOT / name).read_text("utf-8") == text, "run `engine compose`"


def test_the_ports_are_published_and_documented() -> None:
    published = {name: ports(service) for name, service in composed().items()}
    inner = str(layout.PORT)
    declared = composing.ports(FRAMEWORKS.values())
    assert len(declared) == len([one for one in FRAMEWORKS.values() if one.interface == ASGI])
    assert {name: published[name] for name in declared} == {
        name: [("127.0.0.1", str(port), inner)] for name, port in declared.items()
    }
    assert published["nginx"] == [("127.0.0.1", str(composing.OF_GATEWAY), str(layout.GATEWAY_PORT))]
    page = (ROOT / "docs" / "docker.md").read_text("utf-8").replace("`", "")
    for name, port in declared.items():
        assert f"| {name} | {port} |" in page


def test_a_port_is_declared_or_the_next_that_is_free() -> None:
    def framework(name: str, port: int = 0, interface: str = ASGI) -> Framework:
        return Framework(name, name, "app:app", Path(name), port=port, interface=interface)

    many = [
        framework("a"),
        framework("b", 8001),
        framework("c"),
        framework("w", interface=WSGI),
        framework("z", 9000),
    ]
    assert composing.ports(many) == {"b": 8001, "a": 8002, "c": 8003, "z": 9000}
    hundred = composing.ports(framework(f"f{number:03}") for number in range(100))
    assert len(set(hundred.values())) == 100
    assert composing.OF_GATEWAY not in hundred.values()
    for taken, other in ((8001, "b"), (composing.OF_GATEWAY, "the gateway")):
        with pytest.raises(UsageError, match=f"port {taken} of d is the port of {other}"):
            composing.ports([*many, framework("d", taken)])


def test_a_new_framework_is_a_new_service() -> None:
    new = replace(FRAMEWORKS["starlette"], name="mini", port=0)
    made = compose_files([*FRAMEWORKS.values(), new])
    services = yaml.safe_load(DEFAULT.sub(r"\1", made[composing.FILE]))["services"]
    assert services["mini"]["build"]["args"]["FRAMEWORK"] == "mini"
    numbers = {port for name in services for _, port, _ in ports(services[name])}
    assert len(numbers) == len(composed())
    assert "mini" in yaml.safe_load(made[composing.SPOOLS_FILE])["services"]


def test_the_command_writes_and_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "asgi-conformance-engine"\n')
    (tmp_path / "docker").mkdir()
    shutil.copytree(ROOT / "frameworks", tmp_path / "frameworks")
    assert main(["compose", "--check"]) == 1
    assert not (tmp_path / composing.FILE).exists()
    assert main(["compose"]) == 0
    assert (tmp_path / composing.FILE).read_text() == (ROOT / composing.FILE).read_text()
    assert main(["compose", "--check"]) == 0
    assert capsys.readouterr().out.endswith("unchanged: docker-compose.yml\nunchanged: docker/desks.yml\n")


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
