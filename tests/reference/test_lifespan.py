from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.reference.lifespan import Failed, Lifespan
from engine.reference.violations import Violation
from tests.reference.serving import App, Event, Receive, Scope, Send, exchange, head, respond, run, serving


def play(app: App, mode: str = "auto", *, stop: bool = True) -> Lifespan:
    """A lifespan that has started, and has been stopped."""
    found: list[Lifespan] = []

    async def test() -> None:
        found.append(Lifespan(app, mode))
        await found[0].start()
        if stop:
            await found[0].stop()

    run("asyncio", test())
    return found[0]


def script(*events: Event | None, state: dict[str, Any] | None = None, received: list[str] | None = None) -> App:
    """An application that receives, and sends; None receives once more without sending."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"].update(state or {})
        for event in events:
            got = await receive()
            if received is not None:
                received.append(got["type"])
            if event is not None:
                await send(event)

    return app


COMPLETE = ({"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"})


def test_a_whole_life() -> None:
    received: list[str] = []
    assert play(script(*COMPLETE, state={"a": 1}, received=received)).state == {"a": 1}
    assert received == ["lifespan.startup", "lifespan.shutdown"]


def test_the_scope() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope))
        await script(*COMPLETE)(scope, receive, send)

    play(app)
    assert seen == [{"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}]


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotImplementedError(scope["type"])


async def raises_in_startup(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    raise RuntimeError("in startup")


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    pass


@pytest.mark.parametrize("app", [raises, raises_in_startup, returns])
def test_an_application_without_a_lifespan_is_served_all_the_same(app: App) -> None:
    assert play(app).state is None
    with pytest.raises(Failed):
        play(app, "on")


def test_no_lifespan_is_asked_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was called")

    assert play(app, "off").state is None


def test_a_startup_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed):
        play(script({"type": "lifespan.startup.failed", "message": "no\ndatabase"}))
    assert capsys.readouterr().err == "reference: lifespan.startup failed: no\\ndatabase\n"
    with pytest.raises(Failed):
        play(script({"type": "lifespan.startup.failed"}), "on")


def test_a_shutdown_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed):
        play(script(COMPLETE[0], {"type": "lifespan.shutdown.failed", "message": "stuck"}))
    assert "reference: lifespan.shutdown failed: stuck" in capsys.readouterr().err


def test_a_shutdown_that_raises(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await script(COMPLETE[0], None)(scope, receive, send)
        raise RuntimeError("in shutdown")

    with pytest.raises(Failed):
        play(app)
    assert "RuntimeError: in shutdown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("events", "clause"),
    [
        ([{"type": "http.response.start", "status": 200}], "CORE-13"),
        ([{"type": "lifespan.startup.failed", "message": b"x"}], "CORE-15"),
        ([{"type": "lifespan.shutdown.complete"}], "LIFE-13"),
        ([COMPLETE[0], COMPLETE[0]], "LIFE-05"),
    ],
)
def test_what_is_wrong(events: list[Event], clause: str, capsys: pytest.CaptureFixture[str]) -> None:
    caught: list[Violation] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            for event in events:
                await send(event)
        except Violation as error:
            caught.append(error)

    play(app)
    assert [error.clause for error in caught] == [clause]
    assert f"reference: {clause}: " in capsys.readouterr().err


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(COMPLETE[0])

    with pytest.raises(Failed):
        play(app, "on")


def test_each_request_has_a_copy_of_the_state_in_the_same_loop() -> None:
    shared = object()
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(id(asyncio.get_running_loop()))
        if scope["type"] == "lifespan":
            return await script(*COMPLETE, state={"shared": shared})(scope, receive, send)
        assert scope["state"] == {"shared": shared}
        scope["state"]["leak"] = True
        await respond(send)

    async def test() -> None:
        async with serving(app, lifespan="on") as address:
            got = await exchange(address, head("GET / HTTP/1.1"), head("GET / HTTP/1.1", "Connection: close"))
            assert got.count(b"HTTP/1.1 200") == 2

    run("asyncio", test())
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_nothing_is_served_before_startup_is_complete_nor_shut_down_before_the_last_is_done() -> None:
    order: list[str] = []

    async def test() -> None:
        begin, arrived, finish = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                order.append("request")
                arrived.set()
                await finish.wait()
                await respond(send)
                order.append("response")
                return
            await receive()
            await begin.wait()
            order.append("started")
            await send(COMPLETE[0])
            await receive()
            order.append("stopping")
            await send(COMPLETE[1])

        async def client(address: tuple[str, int]) -> None:
            assert (await exchange(address, head("GET / HTTP/1.1"))).startswith(b"HTTP/1.1 200")

        async with serving(app, lifespan="on") as address:
            asking = asyncio.ensure_future(client(address))
            await asyncio.sleep(0.05)
            begin.set()
            await arrived.wait()
            asyncio.get_running_loop().call_later(0.05, finish.set)
        await asking

    run("asyncio", test())
    assert order == ["started", "request", "response", "stopping"]


def test_a_shutdown_that_takes_for_ever_is_given_up() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await script(COMPLETE[0], None, None)(scope, receive, send)

    async def test() -> None:
        async with serving(app, lifespan="auto", graceful=0.1, status=3) as address:
            await exchange(address, "x\r\n")

    run("asyncio", test())
