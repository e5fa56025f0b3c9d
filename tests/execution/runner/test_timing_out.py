"""The message of a timeout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.app.step_types import by_name
from engine.execution.runner.timing_out import application, came, reason
from engine.model.boundary import AppCall, Event
from engine.model.transcript import Side, TraceEvent
from tests.execution.fakes import step

CALL = AppCall("1.0", "j1.1", None, 1, "", 0.0, {"type": "http"})


def event(what: str, data: bytes = b"", detail: str = "", size: int = 0) -> TraceEvent:
    return TraceEvent(0.0, Side.WIRE, "one", what, detail, data, size or len(data))


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ([], "received 0 B"),
        ([event("sent", b"GET")], "received 0 B"),
        ([event("received", b"HTTP"), event("received", b"/1.1")], "received 8 B, bytes 'HTTP/1.1'"),
        ([event("received", b"a" * 100 + b"end")], "received 103 B, ending bytes '" + "a" * 57 + "end'"),
        ([event("received", b"a" * 80, size=1 << 20)], "received 1 MiB, ending bytes '" + "a" * 60 + "'"),
        ([event("closed", detail="by the peer")], "received 0 B, then the peer closed the connection"),
        ([event("closed", detail="by this side")], "received 0 B"),
    ],
)
def test_what_had_come(wire: list[TraceEvent], said: str) -> None:
    assert came(wire) == said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (CALL, "the application was called"),
        (
            replace(CALL, events=(Event("received", 1.0, {"type": "http.request"}),)),
            "the application received http.request",
        ),
        (replace(CALL, events=(Event("sent", 1.0, {"type": "x"}, done=1.0),)), "the application sent x"),
        (replace(CALL, events=(Event("sent", 1.0, {"type": "x"}),)), "the application was sending x"),
        (replace(CALL, ended=2.0, returned=True), "the application returned"),
        (replace(CALL, ended=2.0, returned=False, raised="OSError"), "the application raised OSError"),
    ],
)
def test_how_far_the_application_was(call: AppCall, said: str) -> None:
    assert application([replace(CALL, key="1.9"), call]) == said
    assert application([]) == ""


def test_no_step_was_under_way() -> None:
    assert reason(2.5, None, "", [], []) == "timed out after 2.5 s"
    assert reason(1, step("pause"), "", [], []).startswith("timed out after 1 s in `pause` (case.yaml:7);")


def test_kinds_that_wait_say_for_what() -> None:
    """Each kind with a deadline of its own, and each that waits for somebody else."""
    silent = {name for (_, name), one in by_name().items() if one.within == "waits" and not one.awaits}
    assert silent <= {"eventually", "drive"}
