from __future__ import annotations

import asyncio
import errno
import inspect
import json
import os
import sys
from collections import UserDict
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import pytest

from engine.model.boundary import AppCall, OpaqueValue
from engine.observer.inside import observer
from engine.observer.inside.observer import App, AsgiObserver, Receive, Scope, Send, call_of, take_own
from engine.observer.inside.records import Writer
from engine.observer.spool import ObserverSpool

from .synthetic import REQUEST, Server, contract, http_scope, raw_records, until


def observe(folder: Path, app: App, scope: Any, server: Server | None = None) -> AppCall:
    """Call an app through an observer; what the spool says of it. Raises what the app raised."""
    spool = ObserverSpool.create(folder)
    server = server or Server()
    try:
        asyncio.run(_call(AsgiObserver(app, Writer(folder / "records")), scope, server))
    finally:
        spool.refresh()
    (call,) = spool.calls()
    return call


async def _call(app: AsgiObserver, scope: Any, server: Server) -> None:
    await app(scope, server.receive, server.send)


def last_call(folder: Path) -> AppCall:
    spool = ObserverSpool(folder)
    spool.refresh()
    return spool.calls()[-1]


def test_a_call_is_recorded_both_ways(tmp_path: Path) -> None:
    call = observe(tmp_path, contract, http_scope("/x", token="j1.3", client=("127.0.0.1", "40001")))
    assert (call.token, call.peer, call.pid, call.type) == ("j1.3", ("127.0.0.1", 40001), os.getpid(), "http")
    assert call.loop == "asyncio.unix_events._UnixSelectorEventLoop"
    assert call.scope["raw_path"] == b"/x"
    assert [(event.way, event.message["type"]) for event in call.events] == [
        ("received", "http.request"),
        ("sent", "http.response.start"),
        ("sent", "http.response.body"),
    ]
    assert call.events[2].message["body"] == b"contract"
    for event in call.events[1:]:
        assert event.done is not None
        assert event.done >= event.at
        assert event.raised == ""
    assert (call.returned, call.raised, call.received_total, call.sent_total) == (True, None, None, None)
    assert call.ended is not None
    assert call.started <= call.events[0].at <= call.ended


def test_the_app_is_given_the_servers_own_scope_without_the_header(tmp_path: Path) -> None:
    given: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        given.append(scope)
        given.append(list(scope["headers"]))

    scope = http_scope(token="j1.1")
    observe(tmp_path, app, scope)
    assert given[0] is scope
    assert given[1] == [(b"host", b"example")]
    assert type(scope["headers"]) is list


def test_a_scope_without_the_header_is_not_touched(tmp_path: Path) -> None:
    scope = http_scope()
    headers = scope["headers"]
    call = observe(tmp_path, contract, scope)
    assert scope["headers"] is headers
    assert (call.token, call.scope["headers"]) == ("", [(b"host", b"example")])


class HeaderList(list[Any]):
    pass


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ([(b"X-Engine-Call", b"j1.1"), (b"a", b"b")], [(b"a", b"b")]),
        (((b"a", b"b"), (b"x-engine-call", b"j1.1")), ((b"a", b"b"),)),
        (HeaderList([[b"x-engine-call", b"j1.1"], [b"a", b"b"]]), HeaderList([[b"a", b"b"]])),
        ([("x-engine-call", "j1.1")], []),
        ([(b"x-engine-call", b"j1.1"), (b"x-engine-call", b"j2.2")], []),
    ],
)
def test_the_header_is_taken_out_of_lists_of_any_class(headers: Any, kept: Any) -> None:
    scope: dict[str, Any] = {"headers": headers}
    assert take_own(scope) == ("j1.1", "")
    assert scope["headers"] == kept
    assert type(scope["headers"]) is type(headers)


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"headers": None},
        {"headers": [(b"x-other", b"j1.1")]},
        {"headers": [(b"X-ENGINE-BALL", b"j1.1")]},
        {"headers": [None]},
        {"headers": 7},
        MappingProxyType({"headers": [(b"x-engine-call", b"j1.1")]}),
        None,
    ],
)
def test_a_scope_that_is_odd_is_left_alone(scope: Any) -> None:
    assert take_own(scope) == ("", "")


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        ((b"x-engine-peer", b"10.0.0.1:80"), ("10.0.0.1", 80)),
        ((b"X-Engine-Peer", b"::1:80"), ("::1", 80)),
        (("x-engine-peer", "[::1]:80"), ("::1", 80)),
        ((b"x-engine-peer", b"nonsense"), None),
        ((b"x-engine-pear", b"10.0.0.1:80"), ("127.0.0.1", 40000)),
    ],
)
@pytest.mark.parametrize("token", ["", "j1.1"])
def test_the_gateways_word_on_the_client_goes_first(tmp_path: Path, header: Any, peer: object, token: str) -> None:
    scope = http_scope(token=token)
    scope["headers"].insert(0, header)
    call = observe(tmp_path, contract, scope)
    assert (call.peer, call.token) == (peer, token)
    kept = [header] if b"x-engine-pear" in header else []
    assert [*scope["headers"]] == [*kept, (b"host", b"example")]


def test_an_iterator_of_headers_is_not_used_up() -> None:
    headers = iter([(b"x-engine-call", b"j1.1")])
    assert take_own({"headers": headers}) == ("", "")
    assert next(headers) == (b"x-engine-call", b"j1.1")


def test_a_token_of_another_form_belongs_to_no_job(tmp_path: Path) -> None:
    observe(tmp_path, contract, http_scope(token="../../etc"))
    record = json.loads(raw_records(tmp_path).splitlines()[1])
    assert (record["token"], record["job"]) == ("../../etc", "")


async def changing(scope: Scope, receive: Receive, send: Send) -> None:
    scope["path"] = "/changed"
    scope["new"] = 1


def test_the_scope_is_kept_as_it_was_at_the_start(tmp_path: Path) -> None:
    call = observe(tmp_path, changing, http_scope("/x", token="j1.1"))
    assert (call.scope["path"], call.scope_after) == ("/x", None)


def test_the_scope_after_the_call_is_kept_when_asked_for(tmp_path: Path) -> None:
    call = observe(tmp_path, changing, http_scope("/x", token="j1.1 after"))
    assert (call.token, call.scope["path"]) == ("j1.1", "/x")
    assert call.scope_after is not None
    assert (call.scope_after["path"], call.scope_after["new"]) == ("/changed", 1)


class Leaving(BaseException):
    pass


@pytest.mark.parametrize(
    "error", [RuntimeError("secret" * 100), Leaving("x"), asyncio.CancelledError("x"), SystemExit(3), KeyError("k")]
)
def test_what_the_app_raises_goes_through_untouched(tmp_path: Path, error: BaseException) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        observe(tmp_path, app, http_scope())
    if not isinstance(error, asyncio.CancelledError):  # asyncio.run makes a new one of it
        assert caught.value is error
    call = last_call(tmp_path)
    assert (call.returned, call.raised, call.message) == (False, type(error).__name__, str(error)[:300])


def test_an_exception_without_text_of_its_own(tmp_path: Path) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise LookupError

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Mute

    with pytest.raises(Mute):
        observe(tmp_path, app, http_scope())
    assert last_call(tmp_path).message == "<its text raises LookupError>"


def test_a_cancelled_call_is_cancelled(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    reached = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await receive()
        except asyncio.CancelledError:
            reached.append(True)
            raise

    async def main() -> None:
        server = Server()
        observed = AsgiObserver(app, Writer(tmp_path / "records"))
        task = asyncio.ensure_future(observed(http_scope(), server.receive, server.send))
        await until(lambda: server.queue._getters)  # type: ignore[attr-defined]  # the only sign that a receive() waits
        task.cancel("by the server")
        with pytest.raises(asyncio.CancelledError, match="by the server"):
            await task
        assert task.cancelled()

    asyncio.run(main())
    spool.refresh()
    (call,) = spool.calls()
    assert reached == [True]
    assert (call.raised, call.notes) == ("CancelledError", ())


def test_what_send_raises_reaches_the_app_and_is_recorded(tmp_path: Path) -> None:
    def gone(message: Any) -> None:
        raise ConnectionResetError("gone")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(ConnectionResetError, match="gone"):
            await send({"type": "http.response.start"})

    call = observe(tmp_path, app, http_scope(), Server(fail=gone))
    (event,) = call.events
    assert (event.raised, call.returned) == ("ConnectionResetError", True)
    assert event.done is not None


def test_a_send_under_way_is_seen(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)

    def look(message: Any) -> None:
        spool.refresh()
        (call,) = spool.calls()
        (event,) = call.events
        assert event.message == {"type": "x"}
        assert event.done is None
        assert call.returned is None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "x"})

    observe(tmp_path, app, http_scope(), Server(fail=look))


def test_what_receive_raises_reaches_the_app(tmp_path: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    class Broken(Server):
        async def receive(self) -> Any:
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        observe(tmp_path, app, http_scope(), Broken())
    assert last_call(tmp_path).notes == ("receive() raised OSError",)


def test_messages_are_the_very_objects_and_recorded_as_they_were(tmp_path: Path) -> None:
    message = {"type": "http.request", "body": b"x"}
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        got = await receive()
        seen.append(got)
        got["body"] = b"changed"
        await send(got)

    server = Server([message])
    call = observe(tmp_path, app, http_scope(), server)
    assert seen[0] is message
    assert server.sent[0] is message
    assert [event.message["body"] for event in call.events] == [b"x", b"changed"]


def test_long_bodies_have_totals(tmp_path: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        await send({"type": "http.response.body", "body": b"short"})

    pieces = [b"a" * 5000, b"b" * 10]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    call = observe(tmp_path, app, http_scope(), Server(messages))
    assert call.received_total is not None
    assert call.received_total[0] == 5010
    assert call.sent_total is None


@pytest.mark.parametrize(
    ("scope", "kind", "seen"),
    [
        (UserDict({"type": "http"}), "UserDict", {}),
        (HeaderList(), "HeaderList", {}),
        (None, "NoneType", {}),
        (MappingProxyType({"type": "http"}), "mappingproxy", {"type": "http"}),
    ],
)
def test_a_scope_of_another_class_is_named(tmp_path: Path, scope: Any, kind: str, seen: Any) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()

    call = observe(tmp_path, app, scope)
    assert (call.scope_class, call.scope, call.peer) == (kind, seen, None)


def test_a_message_of_another_class_is_named(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await send("text")
        await send({"type": "x", "headers": HeaderList()})

    one, two = observe(tmp_path, app, http_scope()).events
    assert (one.message, one.message_class) == ({}, "str")
    assert two.message["headers"] == OpaqueValue("HeaderList", "[]", [])


def test_context_variables_are_the_servers_own(tmp_path: Path) -> None:
    variable: ContextVar[int] = ContextVar("variable")
    observed = AsgiObserver(contract, Writer(tmp_path))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert variable.get() == 1
        variable.set(2)

    async def main() -> None:
        variable.set(1)
        server = Server()
        before = len(list(asyncio.all_tasks()))
        await AsgiObserver(app, Writer(tmp_path))(http_scope(), server.receive, server.send)
        assert variable.get() == 2  # as without an observer: the call ran in the caller's context
        assert len(list(asyncio.all_tasks())) == before
        from contextvars import copy_context

        known = set(copy_context())
        await observed(http_scope(), server.receive, server.send)
        assert set(copy_context()) == known

    asyncio.run(main())


def test_nothing_is_awaited_that_was_not(tmp_path: Path) -> None:
    """If neither the app nor the server waits, the complete call is one step of its coroutine."""

    async def receive() -> Any:
        return REQUEST

    async def send(message: Any) -> None:
        pass

    coroutine = AsgiObserver(contract, Writer(tmp_path))(http_scope(), receive, send)
    with pytest.raises(StopIteration):
        coroutine.send(None)


def test_a_call_that_is_thrown_away_is_recorded(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    asyncio_sleep = asyncio.sleep

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio_sleep(0)

    server = Server()
    coroutine = AsgiObserver(app, Writer(tmp_path / "records"))(http_scope(), server.receive, server.send)
    coroutine.send(None)
    coroutine.close()
    spool.refresh()
    (call,) = spool.calls()
    assert (call.raised, call.loop) == ("GeneratorExit", "")


def test_servers_take_it_for_an_application_of_version_3() -> None:
    observed = AsgiObserver(contract, Writer("nowhere"))
    assert not inspect.isclass(observed)
    assert not inspect.isfunction(observed)
    assert inspect.iscoroutinefunction(observed.__call__)
    assert list(inspect.signature(observed).parameters) == ["scope", "receive", "send"]


def test_a_full_disk_does_not_reach_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = ObserverSpool.create(tmp_path)
    observed = AsgiObserver(contract, Writer(tmp_path / "records"))
    real = os.write

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    server = Server()
    asyncio.run(_call(observed, http_scope(), server))
    monkeypatch.setattr(os, "write", full)
    server = Server()
    asyncio.run(_call(observed, http_scope(), server))
    assert server.sent[0]["status"] == 299
    monkeypatch.setattr(os, "write", real)
    asyncio.run(_call(observed, http_scope(token="j1.1"), Server()))
    spool.refresh()
    assert len(spool.calls()) == 2
    assert spool.lost == 7
    assert spool.notes == (f"process {os.getpid()}: evidence lost: 7 records, No space left on device",)


def test_the_call_is_found_by_its_receive(tmp_path: Path) -> None:
    found: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(call_of(receive))

    observe(tmp_path, app, http_scope(token="j1.4"))
    assert (found[0].token, found[0].job) == ("j1.4", "j1")
    assert call_of(Server().receive) is None


@pytest.mark.parametrize(("runs", "name"), [(True, "trio"), (False, "")])
def test_a_loop_that_is_none_of_asyncios(monkeypatch: pytest.MonkeyPatch, *, runs: bool, name: str) -> None:
    trio = SimpleNamespace(lowlevel=SimpleNamespace(in_trio_run=lambda: runs))
    monkeypatch.setitem(sys.modules, "trio", cast(Any, trio))
    assert observer._loop() == name
    monkeypatch.delitem(sys.modules, "trio")
    assert observer._loop() == ""
