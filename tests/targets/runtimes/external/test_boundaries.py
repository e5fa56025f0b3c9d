"""Boundaries of services that the engine did not start."""

from __future__ import annotations

import json
from pathlib import Path

from engine.observer.spool import ObserverSpool
from engine.targets.runtimes.external.boundaries import Shared, Unseen


def test_a_shared_desk_keeps_runs_apart(tmp_path: Path) -> None:
    one, other = (Shared(ObserverSpool.create(tmp_path), word) for word in ("ra", "rb"))
    assert (one.token("j0", 1), other.token("j0", 1)) == ("ra-j0.1", "rb-j0.1")
    one.mark("j0", "here")
    assert (one.marked("j0", "here"), other.marked("j0", "here")) == (True, False)
    other.finish("j0")
    assert one.marked("j0", "here")
    one.finish("j0")
    assert not one.marked("j0", "here")


def test_a_script_is_staged_under_the_name_that_its_calls_have(tmp_path: Path) -> None:
    shared = Shared(ObserverSpool.create(tmp_path), "ra")
    shared.stage("j3", {"job": "j3", "http": []})
    staged = json.loads((tmp_path / "scripts" / "ra-j3.json").read_text("utf-8"))
    assert staged["job"] == "ra-j3"


def test_nothing_is_seen_of_a_service_without_a_desk() -> None:
    unseen = Unseen()
    unseen.mark("j0", "here")
    assert not unseen.marked("j0", "here")
    assert (unseen.calls(), unseen.lifespans()) == ([], [])


def test_what_earlier_runs_lost_is_not_lost_by_this_one(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    note = '{"k":"note","t":1.0,"n":1,"lost":2,"text":"evidence lost: 2 records, No space left on device"}\n'
    (tmp_path / "records" / "7.ndjson").write_text(note)
    shared = Shared(spool, "ra")
    assert shared.lost == 0
    with (tmp_path / "records" / "7.ndjson").open("a") as file:
        file.write(note)
    shared.refresh()
    assert (shared.lost, len(shared.notes)) == (2, 2)


def test_strays_and_what_send_raised_come_through(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    shared = Shared(spool, "ra")
    scope = '"job":"ra-j1","token":"ra-j1.1","peer":null,"loop":"x","scope":{"type":"http"}'
    stray = '"job":"","token":"","peer":["127.0.0.1",9],"loop":"x","scope":{"type":"http"}'
    (tmp_path / "records" / "7.ndjson").write_text(
        f'{{"k":"call","t":1.0,"n":1,"c":0,{scope}}}\n'
        '{"k":"send","t":1.1,"n":2,"c":0,"message":{"type":"http.response.start"}}\n'
        '{"k":"sent","t":1.2,"n":3,"c":0,"of":2,"raised":"OSError"}\n'
        f'{{"k":"call","t":2.0,"n":4,"c":1,{stray}}}\n'
    )
    shared.refresh()
    assert shared.send_raised("j1") == ("OSError",)
    assert [call.peer for call in shared.strays(0.0)] == [("127.0.0.1", 9)]
