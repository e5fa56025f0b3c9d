"""Boundaries of services that the engine did not start."""

from __future__ import annotations

import json
from pathlib import Path

from engine.observation.desk import Desk
from engine.targets.runtimes.boundaries import Shared, Unseen


def test_a_shared_desk_keeps_runs_apart(tmp_path: Path) -> None:
    one, other = (Shared(Desk.create(tmp_path), word) for word in ("ra", "rb"))
    assert (one.token("j0", 1), other.token("j0", 1)) == ("ra-j0.1", "rb-j0.1")
    one.mark("j0", "here")
    assert (one.marked("j0", "here"), other.marked("j0", "here")) == (True, False)
    other.finish("j0")
    assert one.marked("j0", "here")
    one.finish("j0")
    assert not one.marked("j0", "here")


def test_a_script_is_staged_under_the_name_that_its_calls_have(tmp_path: Path) -> None:
    shared = Shared(Desk.create(tmp_path), "ra")
    shared.stage("j3", {"job": "j3", "http": []})
    staged = json.loads((tmp_path / "scripts" / "ra-j3.json").read_text("utf-8"))
    assert staged["job"] == "ra-j3"


def test_nothing_is_seen_of_a_service_without_a_desk() -> None:
    unseen = Unseen()
    unseen.mark("j0", "here")
    assert not unseen.marked("j0", "here")
    assert (unseen.calls(), unseen.lifespans(), unseen.latest()) == ([], [], 0.0)
