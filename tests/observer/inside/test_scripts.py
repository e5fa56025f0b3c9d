from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.observer.inside.scripts import KEPT, Inbox
from engine.observer.spool import ObserverSpool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ObserverSpool.create(tmp_path)
    return tmp_path


def test_values_are_decoded_and_new_each_time(folder: Path) -> None:
    item = {"act": "send", "arg": {"event": {"$d": [["$x", {"$b": "\u00ff"}], [1, {"$t": [2]}]], "class": "dict"}}}
    (folder / "scripts" / "j1.json").write_text(json.dumps({"http": [item]}))
    script = Inbox(folder).script("j1")
    assert script is not None
    (act,) = script.choose("http", "/") or ()
    assert act.value() == {"event": {"$x": b"\xff", 1: (2,)}}
    assert act.value()["event"] is not act.value()["event"]


def test_scripts_in_memory_are_bounded(folder: Path) -> None:
    inbox = Inbox(folder)
    for number in range(KEPT + 10):
        assert inbox.script(f"j{number}") is None
    assert len(inbox._scripts) == KEPT


@pytest.mark.parametrize("job", ["../j1", "", "J1", "a.b"])
def test_a_name_that_is_no_jobs_is_not_looked_up(folder: Path, job: str) -> None:
    (folder / "j1.json").write_text('{"http": []}')
    assert Inbox(folder).script(job) is None


@pytest.mark.parametrize("text", ["", "../x", "a b", "\u00fc"])
def test_a_port_file_that_names_no_job(folder: Path, text: str) -> None:
    (folder / "ports" / "80").write_text(text, encoding="utf-8")
    assert Inbox(folder).job_of(80) == ""


def test_a_job_is_over_when_its_script_is_gone(folder: Path) -> None:
    inbox, spool = Inbox(folder), ObserverSpool(folder)
    spool.stage("j1", {"http": []})
    assert not inbox.over("j1")
    spool.finish("j1")
    assert inbox.over("j1")


def test_marks_meet(folder: Path) -> None:
    inbox, spool = Inbox(folder), ObserverSpool(folder)
    assert not inbox.marked("j1", "m")
    spool.mark("j1", "m")
    assert inbox.marked("j1", "m")
    inbox.mark("j1", "n")
    inbox.mark("j1", "n")
    assert spool.marked("j1", "n")
    assert not spool.marked("j2", "n")
