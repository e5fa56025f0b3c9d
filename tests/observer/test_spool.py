from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Defect
from engine.model.protocols import Boundary
from engine.observer.reader import Record, parse
from engine.observer.spool import ObserverSpool, Worker


class Observers:
    """Writes what observers would write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "records"
        self.numbers: dict[int, int] = {}
        self.time = 0.0
        self.dense = False  # as real observers write

    def write(self, pid: int, kind: str, /, **members: Any) -> None:
        number = self.numbers.get(pid, 0)
        self.numbers[pid] = number + 1
        self.time += 1
        record = {"k": kind, "t": self.time, "n": number, **members}
        with (self.folder / f"{pid}.ndjson").open("a") as file:
            file.write(json.dumps(record, separators=(",", ":") if self.dense else None) + "\n")

    def worker(self, pid: int) -> None:
        self.numbers[pid] = 0
        self.write(pid, "worker", pid=pid, python="3.12.1")

    def call(self, pid: int, c: int, token: str = "", peer: Any = None, kind: str = "http", **members: Any) -> None:
        job = token.partition(".")[0]
        scope = {"type": kind}
        self.write(pid, "call", c=c, token=token, job=job, peer=peer, loop="uvloop.Loop", scope=scope, **members)


@pytest.fixture
def spool(tmp_path: Path) -> ObserverSpool:
    return ObserverSpool.create(tmp_path)


@pytest.fixture
def observers(spool: ObserverSpool) -> Observers:
    return Observers(spool.folder)


def keys(spool: ObserverSpool, **query: Any) -> list[str]:
    spool.refresh()
    return [call.key for call in spool.calls(**query)]


def test_it_is_a_boundary(spool: ObserverSpool) -> None:
    boundary: Boundary = spool
    assert boundary.calls() == []
    assert boundary.lifespans() == []


def test_calls_are_found_by_token(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.call(7, 1, "j1.2", peer=["127.0.0.1", 5])
    observers.call(7, 2)
    observers.call(7, 3, "j1.1")
    assert keys(spool, token="j1.1") == ["7.0.0", "7.0.3"]
    assert keys(spool, token="j1.2 after") == ["7.0.1"]
    assert keys(spool, token="j1") == []
    assert keys(spool, token="j1.1", since=3.0) == ["7.0.3"]
    assert keys(spool) == ["7.0.0", "7.0.1", "7.0.2", "7.0.3"]


def test_only_calls_without_a_token_are_found_by_peer(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1", peer=["127.0.0.1", 5])
    observers.call(7, 1, peer=["127.0.0.1", 5])
    observers.call(7, 2, peer=["::ffff:127.0.0.1", 5])
    observers.call(7, 3, peer=["127.0.0.1", 6])
    assert keys(spool, peer=("127.0.0.1", 5)) == ["7.0.1", "7.0.2"]
    assert keys(spool, peer=("127.0.0.1", 5), since=4.0) == ["7.0.2"]
    assert keys(spool, peer=("127.0.0.2", 5)) == []


def test_the_order_is_that_of_time_then_process_then_number(spool: ObserverSpool, observers: Observers) -> None:
    for pid, c, at in ((9, 0, 5.0), (7, 0, 5.0), (8, 0, 4.0), (7, 1, 5.0)):
        if c == 0:
            observers.worker(pid)
        observers.call(pid, c, "j1.1", t=at)
    assert keys(spool, token="j1.1") == ["8.0.0", "7.0.0", "7.0.1", "9.0.0"]


def test_lifespans_are_apart(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, kind="lifespan")
    observers.call(7, 1)
    assert keys(spool) == ["7.0.1"]
    assert [call.key for call in spool.lifespans()] == ["7.0.0"]


def test_a_lifespan_with_a_token_is_no_server_s(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1", kind="lifespan")
    assert keys(spool, token="j1.1") == ["7.0.0"]
    assert spool.lifespans() == []


def test_a_call_goes_on_from_refresh_to_refresh(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    spool.refresh()
    assert spool.calls(token="j1.1")[0].ended is None
    observers.write(7, "end", c=0, returned=True)
    assert spool.calls(token="j1.1")[0].ended is None
    spool.refresh()
    assert spool.calls(token="j1.1")[0].ended == 3.0


def test_a_pid_that_comes_again_is_another_process(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.write(7, "end", c=0, returned=True)
    assert keys(spool, token="j1.1") == ["7.0.0", "7.1.0"]
    assert [call.returned for call in spool.calls(token="j1.1")] == [None, True]


def test_workers_are_known(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(9)
    observers.worker(7)
    observers.call(7, 0)
    spool.refresh()
    assert sorted(spool.workers()) == [Worker(7, "3.12.1", "uvloop.Loop"), Worker(9, "3.12.1", "")]


def test_lost_evidence_is_counted_and_told(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.write(7, "note", text="evidence lost: 3 records, No space left on device", lost=3)
    (spool.folder / "records" / "8.ndjson").write_bytes(b'torn\n{"k":"call","t":1,"n":0,"c":0}\n')
    spool.refresh()
    assert spool.lost == 5
    assert "process 7: evidence lost: 3 records, No space left on device" in spool.notes
    assert len(spool.notes) == 3


def test_a_call_whose_client_is_no_connection_of_ours_is_a_stray(spool: ObserverSpool, observers: Observers) -> None:
    spool.expect_peer(("127.0.0.1", 5), "j1")
    spool.expect_peer(("127.0.0.1", 6), "j2")
    spool.finish("j2")
    observers.worker(7)
    observers.call(7, 0, kind="lifespan")
    observers.call(7, 1, "j1.1")
    observers.call(7, 2, peer=["127.0.0.1", 5])
    observers.call(7, 3, peer=["127.0.0.1", 6])  # late, and yet another job's own
    observers.call(7, 4, peer=["127.0.0.1", 8000])
    observers.call(7, 5)
    spool.refresh()
    assert [call.key for call in spool.strays(0.0)] == ["7.0.4", "7.0.5"]
    assert [call.key for call in spool.strays(7.0)] == ["7.0.5"]


def test_what_send_raised_in_the_calls_of_a_job(spool: ObserverSpool, observers: Observers) -> None:
    def sends(c: int, *raised: str) -> None:
        for name in raised:
            observers.write(7, "send", c=c, message={"type": "http.response.body"})
            observers.write(7, "sent", c=c, of=observers.numbers[7] - 1, raised=name)

    spool.expect_peer(("127.0.0.1", 5), "j1")
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.call(7, 1, peer=["127.0.0.1", 5])
    observers.call(7, 2, "j2.1")
    observers.call(7, 3, "j3.1")
    sends(0, "", "RuntimeError", "RuntimeError")
    sends(1, "OSError")
    sends(2, "KeyError")
    sends(3, "", "")
    assert spool.send_raised("j1") == ("RuntimeError", "OSError")
    assert spool.send_raised("j2") == ("KeyError",)
    assert spool.send_raised("j3") == spool.send_raised("j4") == ()


def test_notes_about_a_call_are_the_calls(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.write(7, "note", c=0, text="odd")
    spool.refresh()
    assert spool.calls(token="j1.1")[0].notes == ("odd",)
    assert spool.notes == ()


def test_finishing_a_job_leaves_nothing_of_it(spool: ObserverSpool, observers: Observers) -> None:
    for job in ("j1", "j10"):
        spool.stage(job, {"job": job})
        spool.mark(job, "m")
    spool.expect_peer(("127.0.0.1", 5), "j1")
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    observers.call(7, 1, peer=["127.0.0.1", 5])
    observers.call(7, 2, "j10.1")
    spool.refresh()
    spool.finish("j1")
    spool.finish("j1")
    observers.write(7, "end", c=0, returned=True)
    observers.call(7, 3, "j1.2")
    observers.write(7, "end", c=3, returned=True)
    assert keys(spool) == ["7.0.2"]
    assert keys(spool, token="j1.1") == keys(spool, token="j1.2") == keys(spool, peer=("127.0.0.1", 5)) == []
    left = [str(file.relative_to(spool.folder)) for file in spool.folder.rglob("*") if file.is_file()]
    assert sorted(left) == ["marks/j10.m", "records/7.ndjson", "scripts/j10.json"]
    assert (spool.lost, spool.notes) == (0, ())


def test_records_of_a_finished_job_are_not_parsed(
    spool: ObserverSpool, observers: Observers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nearly all records are of that sort. The first call of a process is parsed, since it has the process' loop."""
    parsed: list[bytes] = []

    def counting(line: bytes) -> Record:
        parsed.append(line)
        return parse(line)

    monkeypatch.setattr("engine.observer.spool.parse", counting)
    observers.dense = True
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    spool.finish("j1")
    spool.refresh()
    assert [worker.loop for worker in spool.workers()] == ["uvloop.Loop"]
    assert len(parsed) == 2
    observers.write(7, "end", c=0, returned=True)
    observers.call(7, 1, "j1.2")
    observers.write(7, "end", c=1, returned=True)
    observers.call(7, 2, "j2.1")
    assert keys(spool) == ["7.0.2"]
    assert len(parsed) == 3
    assert (spool.lost, spool.notes) == (0, ())


def test_a_port_that_another_job_has_since_stays_its_own(spool: ObserverSpool, observers: Observers) -> None:
    spool.expect_peer(("127.0.0.1", 5), "j1")
    spool.expect_peer(("127.0.0.1", 5), "j2")
    observers.worker(7)
    observers.call(7, 0, peer=["127.0.0.1", 5])
    spool.refresh()
    spool.finish("j1")
    assert keys(spool, peer=("127.0.0.1", 5)) == ["7.0.0"]
    assert (spool.folder / "ports" / "5").read_text() == "j2"
    spool.finish("j2")
    assert keys(spool, peer=("127.0.0.1", 5)) == []


def test_a_staged_script_is_a_file_of_its_job(spool: ObserverSpool) -> None:
    script = {"job": "j1", "http": [{"act": "send", "arg": {"event": {"body": {"$b": "\u00ff"}}}}]}
    spool.stage("j1", script)
    (file,) = (spool.folder / "scripts").iterdir()
    assert file.name == "j1.json"
    assert json.loads(file.read_text()) == script


def test_tokens(spool: ObserverSpool) -> None:
    assert spool.token("j1", 3) == "j1.3"
    assert spool.token("j1", 3, keep_scope_after=True) == "j1.3 after"


@pytest.mark.parametrize("job", ["", "J1", "a.b", "../x", "a b"])
def test_a_job_of_another_form_is_a_defect(spool: ObserverSpool, job: str) -> None:
    for use in (lambda: spool.token(job, 1), lambda: spool.stage(job, {}), lambda: spool.expect_peer(("x", 1), job)):
        with pytest.raises(Defect):
            use()


@pytest.mark.parametrize("name", ["", "a/b", "../x"])
def test_a_mark_of_another_form_is_a_defect(spool: ObserverSpool, name: str) -> None:
    with pytest.raises(Defect):
        spool.mark("j1", name)


def test_a_second_spool_reads_the_same(spool: ObserverSpool, observers: Observers) -> None:
    observers.worker(7)
    observers.call(7, 0, "j1.1")
    spool.refresh()
    again = ObserverSpool(spool.folder)
    again.refresh()
    assert again.calls() == spool.calls()
    spool.close()


def test_looking_for_one_call_does_not_fold_the_others(spool: ObserverSpool, observers: Observers) -> None:
    """Two thousand jobs take exactly two thousand times the work of one job."""
    observers.worker(7)
    for number in range(200):
        observers.call(7, number, f"j{number}.1", peer=["127.0.0.1", number])
    spool.refresh()
    assert keys(spool, token="j150.1") == ["7.0.150"]
    folded = [builder for builders in spool._by_token.values() for builder in builders if builder._call is not None]
    assert len(folded) == 1


def test_a_desk_that_is_closed_has_no_file_open(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path / "spool")
    record = '{"k":"worker","t":1.0,"n":0,"pid":7,"python":"3.12.1"}\n'
    (tmp_path / "spool" / "records" / "7.ndjson").write_text(record)
    spool.refresh()

    def held() -> list[str]:
        links = []
        for descriptor in os.listdir("/dev/fd"):
            with suppress(OSError):
                links.append(os.path.realpath(os.readlink(f"/dev/fd/{descriptor}")))
        return [path for path in links if path.startswith(str(tmp_path))]

    assert sys.platform != "linux" or len(held()) == 2  # the file, and its folder
    spool.close()
    spool.refresh()
    assert held() == []


def test_a_port_that_is_announced_again_keeps_its_file(tmp_path: Path) -> None:
    # A step on an open connection announces it again, while the application may look up the job of its port.
    spool = ObserverSpool.create(tmp_path)
    spool.expect_peer(("127.0.0.1", 5), "j1")
    file = tmp_path / "ports" / "5"
    file.write_text("as it was")
    spool.expect_peer(("127.0.0.1", 5), "j1")
    assert file.read_text() == "as it was"
    spool.expect_peer(("127.0.0.1", 5), "j2")
    assert file.read_text() == "j2"
    spool.expect_peer(("127.0.0.1", 5), "j1")
    assert file.read_text() == "j1"
