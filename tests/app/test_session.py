"""What a session does before the first target is started."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

from engine.app.session import confirmed, failed_row, live_row
from engine.errors import EnvironmentFailed
from engine.execution.job import Job
from engine.model.target import Facts, Target
from tests.execution.fakes import FakeLive, case, job

OLD = Target("guni", "control", "auto", release="==1.0", variant="slow")
NEW = Target("guni", "control", "auto")


def left_out(target: Target, *lacks: str, reason: str = "it does not offer it") -> Job:
    return replace(job(case()), target=target, left_out=reason, lacks=lacks)


def after(jobs: list[Job], **found: frozenset[str]) -> list[str]:
    asked: list[tuple[str, list[str]]] = []

    async def unclaimed(target: Target, words: Collection[str]) -> frozenset[str]:
        asked.append((target.id, sorted(words)))
        if not found:
            raise EnvironmentFailed("no")
        return found.get(target.release or "new", frozenset()) & frozenset(words)

    done = asyncio.run(confirmed(jobs, unclaimed))
    assert [one.position for one in done] == [one.position for one in jobs]
    assert len(asked) == len(dict(asked))
    return [one.left_out for one in done]


def test_what_a_probe_finds_all_the_same_is_run() -> None:
    jobs = [
        left_out(NEW, "http2"),
        left_out(NEW, "http2", "trailers"),
        left_out(OLD, "http2"),
        left_out(NEW, reason="left out: it is slow"),
        replace(job(case()), target=NEW),
    ]
    reasons = [one.left_out for one in jobs]
    assert after(jobs, new=frozenset({"http2"})) == ["", *reasons[1:]]
    assert after(jobs, new=frozenset({"http2", "trailers"})) == ["", "", *reasons[2:]]
    assert after(jobs, other=frozenset({"http2"})) == reasons


def test_a_server_that_cannot_be_looked_at_is_believed() -> None:
    assert after([left_out(NEW, "http2")]) == ["it does not offer it"]


def test_rows_say_what_was_asked_for_and_what_was_found() -> None:
    live = FakeLive()
    live.facts = Facts("3.11.7", "uvloop.Loop", {"b": "1", "a": "2"}, "1.0", "abc", ("http2",), ("wrong",))
    row = live_row(OLD, live)
    assert (row.id, row.release, row.variant) == ("guni==1.0~slow-control-auto", "==1.0", "slow")
    assert (row.version, row.commit, row.offers, row.refuted) == ("1.0", "abc", ("http2",), ("wrong",))
    assert (row.found_loop, list(row.versions)) == ("uvloop", ["a", "b"])
    failed = failed_row(OLD, EnvironmentFailed("there is no guni 1.0", hint="look", log="words"))
    assert (failed.release, failed.variant, failed.failed) == ("==1.0", "slow", "there is no guni 1.0")
    assert (failed.hint, failed.log) == ("look", "words")
