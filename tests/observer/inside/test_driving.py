"""The app without a server: what it is given, and what of a script could not be played."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.model.boundary import AppCall
from engine.observer.inside.driving import Drive, carry_out
from engine.observer.inside.observer import App, Receive, Scope, Send
from engine.observer.inside.records import DRIVEN, Writer
from engine.observer.spool import ObserverSpool

HTTP = {"type": "http", "path": "/"}
START: dict[str, Any] = {"type": "http.response.start", "status": 200}
PART: dict[str, Any] = {"type": "http.response.body", "body": b"part", "more_body": True}
END: dict[str, Any] = {"type": "http.response.body", "body": b"end"}


class Driver:
    """Drives apps, and reads what was recorded of it."""

    def __init__(self, folder: Path) -> None:
        self.spool = ObserverSpool.create(folder)

    def drive(self, app: App, *script: tuple[str, Any], scope: Any = None, within: float = 5.0) -> tuple[str, AppCall]:
        drive = Drive(dict(HTTP) if scope is None else scope, script)
        writer = Writer(self.spool.folder / "records")
        stuck = asyncio.run(drive.run(app, writer, "j1.1", within))
        self.spool.refresh()
        return stuck, self.spool.calls(token="j1.1")[-1]


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path)


def types(call: AppCall, way: str) -> list[object]:
    return [event.message["type"] for event in call.events if event.way == way]


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    for message in (START, PART, PART, PART, END):
        await send(message)


def test_what_is_given_comes_in_order_and_then_the_client_has_left(driver: Driver) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        bodies = [(await receive())["body"], (await receive())["body"]]
        await send(START)
        await send({**END, "body": b"".join(bodies)})
        for _ in range(2):
            await receive()

    stuck, call = driver.drive(app, ("give", {"type": "http.request", "body": b"a", "more_body": True}),
                               ("give", {"type": "http.request", "body": b"b"}))  # fmt: skip
    assert stuck == ""
    assert types(call, "received") == ["http.request", "http.request", "http.disconnect", "http.disconnect"]
    assert [event.message.get("body") for event in call.events if event.way == "sent"] == [None, b"ab"]
    assert (call.returned, call.raised, call.token) == (True, None, "j1.1")


def test_it_waits_where_nothing_more_is_given(driver: Driver) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await receive()

    stuck, call = driver.drive(app, within=0.1)
    assert stuck == "the app's call had not ended after 0.1 s"
    # It was the drive that ended it, and so its end is none of the app's.
    assert (call.returned, call.ended, types(call, "received")) == (None, None, [])


def test_take_waits_for_a_message_before_it_goes_on(driver: Driver) -> None:
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        order.append("started")
        await send({"type": "lifespan.startup.complete"})
        order.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})

    script = (
        ("give", {"type": "lifespan.startup"}),
        ("take", "lifespan.startup.complete"),
        ("give", {"type": "lifespan.shutdown"}),
        ("take", "lifespan.shutdown.complete"),
    )
    stuck, call = driver.drive(app, *script, scope={"type": "lifespan"})
    assert (stuck, order) == ("", ["started", "lifespan.shutdown"])
    assert types(call, "sent") == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    # A lifespan of a drive is no server's.
    assert driver.spool.lifespans() == []


def test_a_message_is_taken_once(driver: Driver) -> None:
    twice = (("take", "http.response.start"), ("take", "http.response.start"))
    assert driver.drive(streaming, *twice)[0] == "the app ended, and had sent no http.response.start"


def test_send_fails_after_so_many_messages_and_goes_on_failing(driver: Driver) -> None:
    outcomes: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (START, PART, PART, END):
            try:
                await send(message)
                outcomes.append("sent")
            except OSError:
                outcomes.append("failed")

    stuck, call = driver.drive(app, ("fail_send", {"class": "ConnectionResetError", "after": 2}))
    assert (stuck, outcomes) == ("", ["sent", "sent", "failed", "failed"])
    assert [event.raised for event in call.events] == ["", "", "ConnectionResetError", "ConnectionResetError"]


def test_an_app_that_raises(driver: Driver) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no such scope")

    stuck, call = driver.drive(app, scope={"type": "bogus"})
    assert stuck == ""
    assert (call.returned, call.raised, call.message) == (False, "LookupError", "no such scope")


def test_a_scope_without_headers_stays_as_it_is(driver: Driver) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope))

    driver.drive(app, scope={"type": "bogus"})
    assert seen == [{"type": "bogus"}]


def test_an_order_is_tagged_json(driver: Driver) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["headers"] == [[b"x-a", b"\xff"]]
        await send({**END, "body": (await receive())["body"]})

    order = {
        "token": "j1.1", "within": 5.0, "scope": {"type": "http", "headers": [[{"$b": "x-a"}, {"$b": "\xff"}]]},
        "script": [["give", {"type": "http.request", "body": {"$b": "\x00"}}]],
    }  # fmt: skip
    writer = Writer(driver.spool.folder / "records", DRIVEN)
    assert carry_out(app, writer, order) == ""
    writer.end()
    driver.spool.refresh()
    (call,) = driver.spool.calls(token="j1.1")
    assert (call.returned, call.events[-1].message["body"]) == (True, b"\x00")


def test_an_unknown_command(driver: Driver) -> None:
    assert driver.drive(streaming, ("leave", None))[0] == "there is no command 'leave'"


def test_what_follows_a_take_is_there_before_the_app_goes_on(driver: Driver) -> None:
    outcomes: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (START, PART, END):
            try:
                await send(message)
                outcomes.append("sent")
            except OSError:
                outcomes.append("failed")

    script = (("take", "http.response.body"), ("fail_send", {"class": "OSError"}))
    assert driver.drive(app, *script)[0] == ""
    assert outcomes == ["sent", "sent", "failed"]


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ({"type": "websocket.close", "code": 1008}, 1008),
        ({"type": "websocket.close"}, 1000),
        ({"type": "websocket.http.response.body", "body": b""}, 1006),
    ],
)
def test_a_websocket_that_is_closed_or_refused_is_disconnected(driver: Driver, last: dict[str, Any], code: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(last)
        await receive()

    stuck, call = driver.drive(app, ("give", {"type": "websocket.connect"}), scope={"type": "websocket", "path": "/"})
    assert stuck == ""
    assert call.events[-1].message == {"type": "websocket.disconnect", "code": code}


def test_a_client_that_has_left_is_noticed_while_the_app_sends(driver: Driver) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        sending = asyncio.ensure_future(many(send))
        await receive()
        sending.cancel()

    async def many(send: Send) -> None:
        for _ in range(1000):
            await send(PART)

    script = (("give", {"type": "http.request"}), ("take", PART["type"]), ("give", {"type": "http.disconnect"}))
    _, call = driver.drive(app, *script)
    assert len(types(call, "sent")) < 10
