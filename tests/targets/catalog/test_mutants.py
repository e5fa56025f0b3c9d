"""Mutants in the catalogue: of gateways, and of the server that no list has."""

from __future__ import annotations

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import GatewayConfig
from engine.targets.catalog.gateways.mutants import FAULTS, plain
from engine.targets.catalog.servers import load_hidden, load_servers

CONFIG = GatewayConfig(("127.0.0.1", 1), ("127.0.0.1", 2))


@pytest.fixture
def engine() -> Engine:
    return Engine(find())


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name, faults in FAULTS.items() for fault in faults])
def test_a_gateway_with_a_fault_has_other_lines_and_another_name(name: str, fault: str) -> None:
    gateways = load_gateways()
    right, wrong = gateways[name], gateways[f"{name}~{fault}"]
    assert list(right.location(CONFIG)) != list(wrong.location(CONFIG))
    assert (wrong.name, plain(wrong.name), wrong.speaks) == (f"{name}~{fault}", name, right.speaks)


def test_no_iteration_has_gateways_with_faults() -> None:
    assert not any("~" in name for name in load_gateways())
    assert "nginx-fastcgi~proxy-passed" in load_gateways()
    assert "nginx-fastcgi~nothing" not in load_gateways()
    assert "nginx-http~proxy-passed" not in load_gateways()


def test_a_gateway_with_a_fault_is_selected_by_its_name(engine: Engine) -> None:
    options = RunOptions(("fcgisgi",), ("wsgi-control",), gateways=("nginx-fastcgi~port-lost",))
    assert [target.id for target in engine.targets(options)] == ["fcgisgi-wsgi-control-auto-nginx-fastcgi~port-lost"]
    with pytest.raises(UsageError, match="there is no gateway called 'nginx-fastcgi~nothing'"):
        engine.targets(RunOptions(("fcgisgi",), gateways=("nginx-fastcgi~nothing",)))


def test_the_strict_fastcgi_server_is_only_selected_by_its_name(engine: Engine) -> None:
    assert list(load_hidden()) == ["reference-fastcgi", "reference-wsgi"]
    assert not load_hidden().keys() & load_servers().keys()
    assert not any(target.server == "reference-fastcgi" for target in engine.targets(RunOptions(("all",))))
    options = RunOptions(("reference-fastcgi~padding-kept", "fcgisgi"), ("wsgi-control",))
    assert [target.id for target in engine.targets(options)] == [
        "fcgisgi-wsgi-control-auto-nginx-fastcgi",
        "reference-fastcgi~padding-kept-wsgi-control-auto-nginx-fastcgi",
    ]
