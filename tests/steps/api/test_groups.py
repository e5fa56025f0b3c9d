from __future__ import annotations

from typing import Any

from engine.steps.api.groups import in_scripts
from engine.steps.api.step_type import StepType


async def perform(params: object, ctx: object) -> None:
    raise NotImplementedError


def of(name: str, *groups: str, includes: tuple[str, ...] = ()) -> StepType[Any]:
    return StepType(name, groups, "One.", {}, lambda node, reader: None, perform, includes=includes)


def groups(*types: StepType[Any]) -> dict[str, tuple[str, ...]]:
    return {one.name: one.groups for one in in_scripts(types)}


def test_a_script_has_the_members_of_the_sets_that_it_includes() -> None:
    scripts = (of("tcp", "step", includes=("stream",)), of("bare", "step"))
    found = groups(*scripts, of("drip", "stream"), of("pause", "step", "flow"), of("give", "bare"))
    assert found == {
        "tcp": ("step",), "bare": ("step",), "drip": ("tcp",), "pause": ("step",), "give": ("bare",),
    }  # fmt: skip


def test_a_member_of_its_own_goes_before_one_of_a_set() -> None:
    tcp, websocket = (of(name, "step", includes=("stream",)) for name in ("tcp", "websocket"))
    own, shared = of("send", "websocket"), of("send", "stream")
    assert [one.groups for one in in_scripts([tcp, websocket, shared, own])][2:] == [("tcp",), ("websocket",)]
