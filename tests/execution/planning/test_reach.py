"""Capabilities that a runtime lacks for a case are reported, and nothing else is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.app import step_types
from engine.execution.planning.reach import EVERYTHING, RuntimeCapabilities, out_of_reach, within
from engine.loading.read.cases import required
from engine.model.case import AppCommand, Application
from engine.model.requirements import Requirement
from engine.model.target import ServerLaunch, Target
from tests.execution.fakes import PLACE, TARGET, case, job, step

STEP_TYPES = step_types.by_name()
ALREADY = RuntimeCapabilities(processes=False, observer=False, ports=False, drives=False)
SHARED = replace(ALREADY, observer=True)
SCRIPT = Application(http=(AppCommand("respond", {"status": 200}, PLACE),))


def why(reach: RuntimeCapabilities, *kinds: str, target: Target = TARGET, **more: Any) -> str:
    requires = required(STEP_TYPES["step", name] for name in kinds)
    return out_of_reach(case(*[step(name) for name in kinds], requires=requires, **more), target, reach)


def test_what_only_asks_is_within_every_reach() -> None:
    assert why(ALREADY, "request", "websocket", "repeat") == ""


@pytest.mark.parametrize("kind", ["start", "signal", "exit", "kill_worker", "log", "measure"])
def test_what_is_about_processes_needs_one_of_the_engines(kind: str) -> None:
    assert f"`{kind}`" in why(SHARED, "request", kind)
    assert why(EVERYTHING, "request", kind) == ""


def test_the_first_by_alphabet_of_several_is_named() -> None:
    assert "`exit`" in why(ALREADY, "signal", "exit", "log")
    assert "`app`" in why(ALREADY, "mark", "app")


def test_options_are_those_that_the_service_has() -> None:
    assert "'workers'" in why(SHARED, "request", server={"workers": 2})
    assert "a server of its own" in why(SHARED, "request", own_process=True)


def test_an_address_that_the_runtime_lacks() -> None:
    reach = replace(EVERYTHING, listens=frozenset({"ipv4"}))
    assert why(reach, "request", server={"listen": "ipv6"}) == (
        "the case sets `listen: ipv6`, and this runtime has no such address"
    )
    assert why(reach, "request", server={"listen": "ipv4"}) == ""
    assert why(EVERYTHING, "request", server={"listen": "unix"}) == ""


def test_the_observer_needs_a_shared_desk() -> None:
    assert "spool" in why(ALREADY, "request", "app")
    assert "script" in why(ALREADY, "request", application=SCRIPT)
    assert why(SHARED, "request", "app", application=SCRIPT) == ""


def test_raw_calls_are_told_by_a_port_that_may_be_changed() -> None:
    assert "port" in why(SHARED, "tcp", "app")
    assert "port" in why(SHARED, "tcp", application=SCRIPT)
    assert why(SHARED, "tcp") == ""


def test_what_is_behind_a_gateway_is_not_known() -> None:
    assert "behind the gateway" in why(SHARED, "fastcgi", target=replace(TARGET, gateway="nginx-fastcgi"))


def test_a_call_without_a_server_is_not_for_every_runtime() -> None:
    assert "`drive`" in why(RuntimeCapabilities(drives=False), "drive")


def test_jobs_out_of_reach_are_left_out_for_good() -> None:
    asks, signals = job(case(step("request"))), job(case(step("signal"), requires={Requirement.DEDICATED: "signal"}), 1)
    lacking = replace(signals, left_out="it lacks", lacks=("websocket",))
    found = within([asks, lacking], {TARGET: ALREADY})
    assert found[0] is asks
    assert "`signal`" in found[1].left_out
    assert found[1].lacks == ()
    assert within([asks, lacking], {}) == [asks, lacking]
    assert found[1].launch == ServerLaunch(TARGET)
