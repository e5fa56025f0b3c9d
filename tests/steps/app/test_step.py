from __future__ import annotations

import asyncio
import time

import pytest

from engine.errors import EvidenceLost
from engine.model.boundary import AppCall, Event
from engine.steps.api.context import StepRecord
from engine.steps.app.facts import BoundaryFacts
from engine.steps.app.step import last_crossing, settled
from tests.steps.context import JobScope, against, call, run, see, staying, why
from tests.steps.reader import mistakes, step

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PEER = ("127.0.0.1", 5)


def performed(ctx: JobScope, *tokens: str, peer: tuple[str, int] | None = None, **names: str) -> StepRecord:
    """A step that was performed before."""
    body = {"path": "/", **({"as": names["name"]} if "name" in names else {})}
    one = StepRecord(step("request", body), 1.0, list(tokens), peer, names.get("connection", ""))
    ctx.did(one)
    return one


def test_the_calls_of_the_step_before() -> None:
    async def work() -> None:
        ctx = JobScope()
        performed(ctx, "j1.1")
        performed(ctx, "j1.2", "j1.3", peer=PEER)
        ctx.live.boundary.all = [
            call("j1.1", pid=1), call("j1.3", pid=3, started=5.0), call("j1.2", pid=2, started=3.0),
            call(peer=PEER, pid=4, started=4.0), call(peer=PEER, pid=5, started=0.5), call(peer=("::1", 6), pid=6),
        ]  # fmt: skip
        seen = await see(ctx, "app", {})
        assert isinstance(seen, BoundaryFacts)
        assert [one.pid for one in seen.calls] == [2, 4, 3]
        assert seen.fact("pid") == 3
        assert (await see(ctx, "app", {"call": 2})).fact("pid") == 4

    run(work())


def test_streamed_is_told_by_when_the_body_of_the_last_step_came() -> None:
    async def work() -> None:
        ctx = JobScope()
        performed(ctx, "j1.1").body_at = 1.3
        sent = [Event("sent", at, {"type": "http.response.body"}) for at in (1.2, 1.4)]
        ctx.live.boundary.all = [call("j1.1", events=tuple(sent))]
        assert (await see(ctx, "app", {})).fact("streamed") is True

    run(work())


def test_of() -> None:
    async def work() -> None:
        ctx = JobScope(variables={"n": 2})
        performed(ctx, "j1.1", name="first")
        performed(ctx, "j1.2", connection="c")
        ctx.live.boundary.all = [call("j1.1", pid=1), call("j1.2", pid=2, started=2.0)]
        assert (await see(ctx, "app", {"of": "first"})).fact("pid") == 1
        assert (await see(ctx, "app", {"of": "c"})).fact("pid") == 2
        assert (await see(ctx, "app", {"of": "all"})).fact("calls") == 2
        beyond = await see(ctx, "app", {"of": "first", "call": {"var": "n"}})
        assert why(beyond) == [("calls", 1)]

    run(work())


def test_lifespan() -> None:
    async def work() -> None:
        ctx = JobScope()
        living = call(scope={"type": "lifespan"}, ended=None, returned=None)

        def later(count: int) -> None:
            if count == 3:
                ctx.live.boundary.living = [living]

        ctx.live.boundary.on_refresh = later
        assert (await see(ctx, "app", {"of": "lifespan", "within": "1s"})).fact("calls") == 0
        assert (await see(ctx, "app", {"of": "lifespan"})).fact("scope.type") == "lifespan"

    run(work())


def test_calls_that_have_not_ended_are_waited_for() -> None:
    async def work() -> None:
        ctx = JobScope()
        performed(ctx, "j1.1")
        boundary = ctx.live.boundary

        def later(count: int) -> None:
            if count == 2:
                boundary.all = [call("j1.1", ended=None, returned=None)]
            if count == 4:
                boundary.all = [call("j1.1")]

        boundary.on_refresh = later
        assert (await see(ctx, "app", {})).fact("returned") is True

    run(work())


def test_no_call_is_waited_for_as_well_and_then_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.steps.app.step.SETTLE", 0.1)

    async def work() -> None:
        ctx = JobScope()
        performed(ctx, "j1.1")
        seen = await see(ctx, "app", {})
        assert (seen.fact("calls"), seen.fact("received.types")) == (0, [])
        assert ctx.live.boundary.refreshed > 5

    run(work())


def test_with_a_deadline_it_looks_once() -> None:
    async def work() -> None:
        ctx = JobScope()
        performed(ctx, "j1.1")
        assert (await see(ctx, "app", {"within": "5s"})).fact("calls") == 0
        assert ctx.live.boundary.refreshed == 1

    run(work())


def test_quiet_waits_for_the_last_crossing_and_sends_a_marker() -> None:
    async def work() -> None:
        heads: list[bytes] = []

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(OK)
            await reader.read()

        async with against(handler) as ctx:
            performed(ctx, "j1.1", peer=PEER)
            boundary, began = ctx.live.boundary, time.monotonic()

            def later(count: int) -> None:
                if count == 2:
                    boundary.all = [call(peer=PEER, started=time.monotonic())]
                if heads:
                    token = heads[0].split(b"x-engine-call: ")[1].split(b"\r\n")[0].decode()
                    boundary.all = [*boundary.all[:1], call(token)]

            boundary.on_refresh = later
            seen = await see(ctx, "app", {"quiet": "50ms"})
            assert seen.fact("calls") == 1
            assert boundary.all[0].started - began >= 0.05
            assert heads[0].startswith(b"GET /health HTTP/1.1\r\n")
            assert ctx.performed.tokens == []
            assert ctx.performed.peer is None
            assert len(boundary.finished) == 1

    run(work())


def test_a_marker_that_nobody_takes_is_noted() -> None:
    async def work() -> None:
        ctx = JobScope()
        performed(ctx, peer=PEER)
        assert (await see(ctx, "app", {"quiet": "1ms"})).fact("calls") == 0
        assert [what for what, _ in ctx.notes] == ["sentinel"]

    run(work())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", b""])
def test_a_marker_that_no_application_answered_is_noted(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr("engine.steps.app.sentinel.WITHIN", 0.1)

    async def work() -> None:
        async with against(staying(answer)) as ctx:
            performed(ctx, peer=PEER)
            await see(ctx, "app", {"quiet": "1ms"})
            assert [what for what, _ in ctx.notes] == ["sentinel"]

    run(work())


def test_a_marker_that_the_application_answered_and_nobody_recorded_is_lost_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An observer that records nothing would let every "was not called" pass."""
    monkeypatch.setattr("engine.steps.app.sentinel.WITHIN", 0.1)

    async def work() -> None:
        async with against(staying(OK)) as ctx:
            performed(ctx, peer=PEER)
            with pytest.raises(EvidenceLost, match="the observer has no record"):
                await see(ctx, "app", {"quiet": "1ms"})

    run(work())


@pytest.mark.parametrize(
    ("named", "token", "known"),
    [("own", "", True), ("server's", "", False), ("none", "", False), ("server's", "j1.1", True)],
)
def test_the_marker_shows_whether_calls_can_be_known_by_their_client(
    named: str, token: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that names another client than the one that calls lets every "was not called" pass."""

    async def work() -> None:
        async with against(staying(OK)) as ctx:
            performed(ctx, *([token] if token else []), peer=PEER)
            boundary = ctx.live.boundary

            def answered(count: int) -> None:
                if not ctx.opened:
                    return
                own = ctx.opened[-1].channel.local
                peer = {"own": ("::ffff:" + own[0], own[1]), "server's": ctx.live.address, "none": None}[named]
                sentinel = f"j1-sentinel-{int(ctx.now() * 1e6)}"
                boundary.all = [call(sentinel, peer=peer)]

            def sentinels(**query: str) -> list[AppCall]:
                return boundary.all if "sentinel" in query.get("token", "") else []

            monkeypatch.setattr(boundary, "calls", sentinels)
            boundary.on_refresh = answered
            if known:
                assert (await see(ctx, "app", {"quiet": "1ms"})).fact("calls") == 0
                return
            with pytest.raises(EvidenceLost, match=r"expected scope\.client to be the client's own address") as caught:
                await see(ctx, "app", {"quiet": "1ms"})
            assert caught.value.mismatch is not None
            assert caught.value.mismatch.given

    run(work())


def test_records_of_calls_that_cannot_be_used_are_counted() -> None:
    assert BoundaryFacts([call("j1.1", lost=1), call("j1.2", lost=2)]).lost == 3


def test_settled() -> None:
    ctx = JobScope()
    boundary = ctx.live.boundary
    one = performed(ctx, "j1.1", "j1.2")
    boundary.all = [call("j1.1")]
    assert not settled(boundary, [one])
    boundary.all += [call("j1.2", ended=None)]
    assert not settled(boundary, [one])
    boundary.all = [call("j1.1"), call("j1.2")]
    assert settled(boundary, [one])
    assert not settled(boundary, [])


def test_last_crossing() -> None:
    assert last_crossing([]) == 0.0
    events = (Event("sent", 3.0, {}, done=9.0), Event("received", 4.0, {}))
    assert last_crossing([call(events=events), call(ended=5.0)]) == 9.0


def test_calls_are_counted_from_one() -> None:
    (found,) = mistakes("app", {"call": 0})
    assert "from 1" in found
