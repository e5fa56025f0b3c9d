"""Declarations of servers that a probe refuted."""

from __future__ import annotations

from engine.results.analysis.claims import refuted
from engine.results.record.store import TargetRow

WRONG = ("http2 is claimed, and the probe found none",)


def row(framework: str, loop: str, *claims: str, release: str = "") -> TargetRow:
    return TargetRow("id", "guni", framework, loop, "direct", "local", release=release, refuted=claims)


def test_each_claim_is_told_once_for_a_server_and_a_loop() -> None:
    rows = [
        row("control", "auto", *WRONG),
        row("starlette", "auto", *WRONG),
        row("starlette", "uvloop", *WRONG),
        row("starlette", "auto", *WRONG, release="==1.0"),
        row("starlette", "asyncio"),
    ]
    assert refuted(rows) == [
        f"guni: {WRONG[0]}",
        f"guni on uvloop: {WRONG[0]}",
        f"guni==1.0: {WRONG[0]}",
    ]
    assert refuted([]) == []
