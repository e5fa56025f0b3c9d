from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from engine.model.wire_bytes import TruncatedBytes
from engine.observer.inside import commands

from .synthetic import REQUEST, Server, Stage, command, http_scope, until

CONNECT = {"type": "websocket.connect"}
DISCONNECT = {"type": "websocket.disconnect", "code": 1000}
RESPOND = command("respond", {"status": 200, "body": b"ok"})


def test_respond(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    call = stage.play(command("respond", {"status": 201, "headers": [[b"x-a", b"1"]], "body": b"made"}))
    assert stage.sent == [
        {"type": "http.response.start", "status": 201, "headers": [[b"x-a", b"1"]]},
        {"type": "http.response.body", "body": b"made"},
    ]
    assert call.returned is True


def test_respond_refuses_a_websocket(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.play(command("respond", {"status": 403}), messages=[CONNECT], kind="websocket")
    assert [event["type"] for event in stage.sent] == ["websocket.http.response.start", "websocket.http.response.body"]


def test_receive(tmp_path: Path) -> None:
    outcome = Stage(tmp_path).play(command("receive", {}, "one")).outcomes["one"]
    assert (outcome.ok, outcome.event, outcome.raised) == (True, REQUEST, None)


def test_receive_within_its_time(tmp_path: Path) -> None:
    outcome = Stage(tmp_path).play(command("receive", {"within": 30}, "one")).outcomes["one"]
    assert (outcome.ok, outcome.event) == (True, REQUEST)
    assert outcome.elapsed < 30


def test_receive_too_late_with_a_name_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    call = stage.play(command("receive", {"within": 0.01}, "one"), RESPOND, messages=[])
    outcome = call.outcomes["one"]
    assert (outcome.ok, outcome.raised, outcome.event) == (False, "TimeoutError", None)
    assert "OSError" in outcome.bases
    assert outcome.elapsed >= 0.01
    assert stage.sent[0]["status"] == 200


def test_receive_too_late_without_a_name_raises(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(TimeoutError):
        stage.play(command("receive", {"within": 0.01}), RESPOND, messages=[])
    assert stage.sent == []
    assert stage.seen().raised == "TimeoutError"


@pytest.mark.parametrize("later", [{}, {"within": 30}])
def test_a_receive_that_was_too_late_loses_no_message(tmp_path: Path, later: dict[str, Any]) -> None:
    stage = Stage(tmp_path)
    stage.script(
        command("receive", {"within": 0.01}, "one"), command("mark", "late"), command("receive", later, "two"), RESPOND
    )

    async def main() -> None:
        server = Server([])
        task = asyncio.ensure_future(stage.call(server))
        await until(lambda: stage.spool.marked("j1", "late"))
        server.queue.put_nowait({"type": "http.disconnect"})
        server.queue.put_nowait({"type": "never.asked.for"})
        await task

    asyncio.run(main())
    call = stage.seen()
    assert call.outcomes["one"].ok is False
    assert call.outcomes["two"].event == {"type": "http.disconnect"}
    assert [event.message["type"] for event in call.events if event.way == "received"] == ["http.disconnect"]


def test_read_body(tmp_path: Path) -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]
    outcome = Stage(tmp_path).play(command("read_body", {}, "body"), messages=messages).outcomes["body"]
    assert (outcome.value, outcome.event) == (b"ab", messages[1])


def test_read_body_ends_when_the_client_leaves(tmp_path: Path) -> None:
    gone = {"type": "http.disconnect"}
    messages = [{"type": "http.request", "body": b"a", "more_body": True}, gone]
    outcome = Stage(tmp_path).play(command("read_body", {}, "body"), messages=messages).outcomes["body"]
    assert (outcome.value, outcome.event) == (b"a", gone)


@pytest.mark.parametrize("word", ["send", "send_raw"])
def test_send(tmp_path: Path, word: str) -> None:
    stage = Stage(tmp_path)
    event = {"type": "x", "body": b"\x00\xff", "headers": [["text", b"bytes"]], "odd": None}
    outcome = stage.play(command(word, {"event": event}, "it")).outcomes["it"]
    assert stage.sent == [event]
    assert (outcome.ok, outcome.raised, outcome.value) == (True, None, None)


def test_a_file_is_sent_by_its_descriptor(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    value = {"content": b"0123456789", "position": 4, "count": 3, "more_body": True}
    outcome = stage.play(command("send_file", value, "it")).outcomes["it"]
    event = stage.sent[0]
    assert {key: event[key] for key in event if key != "file"} == {
        "type": "http.response.zerocopysend", "count": 3, "more_body": True
    }  # fmt: skip
    assert event["file"].closed
    assert (outcome.ok, outcome.value) == (True, True)


def close_below(message: Any) -> None:
    if "file" in message:
        assert os.read(message["file"].fileno(), 9) == b"45"
        os.close(message["file"].fileno())


def test_a_file_whose_descriptor_the_server_closes(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("send_file", {"content": b"012345", "position": 4}, "it"), RESPOND)
    asyncio.run(stage.call(Server([], close_below)))
    outcome = stage.seen().outcomes["it"]
    assert (outcome.ok, outcome.value) == (True, False)


class ServerSays(TypeError):
    pass


def refuse(message: Any) -> None:
    if message.get("type") == "bogus":
        raise ServerSays("no such event")


@pytest.mark.parametrize("word", ["send", "send_raw"])
def test_send_that_raises(tmp_path: Path, word: str) -> None:
    stage = Stage(tmp_path)
    stage.script(command(word, {"event": {"type": "bogus"}}, "it"), RESPOND)
    server = Server(fail=refuse)
    asyncio.run(stage.call(server))
    outcome = stage.seen().outcomes["it"]
    assert (outcome.ok, outcome.raised) == (False, "ServerSays")
    assert outcome.bases == ("ServerSays", "TypeError", "Exception", "BaseException")
    assert server.sent[0]["status"] == 200

    stage.script(command(word, {"event": {"type": "bogus"}}), RESPOND, job="j2")
    with pytest.raises(ServerSays):
        asyncio.run(stage.call(Server(fail=refuse), http_scope(token="j2.1")))


def test_accept_receives_the_connect_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    call = stage.play(
        command("accept", {"subprotocol": "chat"}), command("receive", {}, "next"), messages=[CONNECT, DISCONNECT],
        kind="websocket",
    )  # fmt: skip
    assert stage.sent == [{"type": "websocket.accept", "subprotocol": "chat"}]
    assert call.outcomes["next"].event == DISCONNECT


def test_accept_after_the_connect_was_received(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.play(command("receive"), command("accept"), messages=[CONNECT], kind="websocket")
    assert stage.sent == [{"type": "websocket.accept"}]


def test_echo_of_a_body(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("echo"))
    scope = http_scope(token="j1.1")
    scope["headers"].append((b"content-type", b"text/x"))
    server = Server([{"type": "http.request", "body": b"abc"}])
    asyncio.run(stage.call(server, scope))
    assert server.sent == [
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/x")]},
        {"type": "http.response.body", "body": b"abc"},
    ]


@pytest.mark.parametrize("before", [[], [command("accept")], [command("receive")]])
def test_echo_of_messages(tmp_path: Path, before: list[dict[str, Any]]) -> None:
    stage = Stage(tmp_path)
    messages = [
        CONNECT,
        {"type": "websocket.receive", "text": "ü"},
        {"type": "websocket.receive", "text": None, "bytes": b"\xff"},
        {"type": "websocket.receive", "text": ""},
        DISCONNECT,
    ]
    stage.play(*before, command("echo"), messages=messages, kind="websocket")
    assert stage.sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "ü"},
        {"type": "websocket.send", "bytes": b"\xff"},
        {"type": "websocket.send", "text": ""},
    ]


def test_set_and_get_of_the_scope(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(
        command("set", {"scope": {"state.a": [1, b"x"], "headers.0": "gone"}}),
        command("get", {"scope": "state.a.1"}, "deep"),
        command("get", {"scope": "headers"}, "headers"),
        command("get", {"scope": "state.none"}, "missing"),
    )
    scope = http_scope(token="j1.1", state={})
    asyncio.run(stage.call(Server(), scope))
    assert scope["state"] == {"a": [1, b"x"]}
    outcomes = stage.seen().outcomes
    assert (outcomes["deep"].value, outcomes["headers"].value) == (b"x", ["gone"])
    assert (outcomes["missing"].ok, outcomes["missing"].raised) == (False, "KeyError")


def test_values_of_a_script_are_new_for_each_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("set", {"scope": {"state.a": []}}))
    scopes = [http_scope(token="j1.1", state={}) for _ in range(2)]
    for scope in scopes:
        asyncio.run(stage.call(Server(), scope))
    assert scopes[0]["state"]["a"] is not scopes[1]["state"]["a"]


def test_set_where_there_is_no_place_raises(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Stage(tmp_path).play(command("set", {"scope": {"state.a": 1}}))


def test_context_variables_show_a_server_that_leaks(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("get", {"context": "leak"}, "seen"), command("set", {"context": {"leak": 1}}))

    async def main() -> None:
        await asyncio.ensure_future(stage.call(Server(), http_scope(token="j1.1")))  # a context of its own
        await stage.call(Server(), http_scope(token="j1.2"))
        await stage.call(Server(), http_scope(token="j1.3"))  # in the same context as the call before

    asyncio.run(main())
    seen = [stage.seen(f"j1.{n}").outcomes["seen"] for n in (1, 2, 3)]
    assert [(outcome.ok, outcome.value) for outcome in seen] == [(True, None), (True, None), (True, 1)]


def test_environment_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CASE", "a value")
    monkeypatch.delenv("OF_NOBODY", raising=False)
    seen = Stage(tmp_path).play(
        command("get", {"env": "OF_THE_CASE"}, "one"), command("get", {"env": "OF_NOBODY"}, "none")
    )
    assert [(name, outcome.ok, outcome.value) for name, outcome in seen.outcomes.items()] == [
        ("one", True, "a value"),
        ("none", True, None),
    ]


def test_sleep(tmp_path: Path) -> None:
    outcome = Stage(tmp_path).play(command("sleep", 0.02, "nap")).outcomes["nap"]
    assert outcome.ok
    assert outcome.elapsed >= 0.02


def test_block_lets_nothing_else_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    beside = command("spawn", {"script": [command("sleep", 0.0), command("sleep", 0.0, "nap")]}, "beside")
    outcomes = stage.play(beside, command("block", 0.02, "blocked"), command("get", {"env": "PATH"}, "later")).outcomes
    assert outcomes["blocked"].ok
    assert outcomes["blocked"].elapsed >= 0.02
    assert "nap" not in outcomes


@pytest.mark.parametrize("kind", [RuntimeError, OSError, KeyError, ValueError])
def test_raise(tmp_path: Path, kind: type[Exception]) -> None:
    stage = Stage(tmp_path)
    name = kind.__name__
    with pytest.raises(kind, match="secret"):
        stage.play(command("raise", {"class": name, "message": "secret"}), RESPOND)
    assert (stage.seen().raised, stage.sent) == (name, [])


def test_raise_with_a_name_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    call = stage.play(command("raise", {"class": "Exception"}, "it"), RESPOND)
    assert call.outcomes["it"].raised == "Exception"
    assert stage.sent[0]["status"] == 200


@pytest.mark.parametrize(
    "name", ["SystemExit", "KeyboardInterrupt", "BaseException", "StopIteration", "print", "NoSuch", "ExceptionGroup"]
)
def test_exceptions_that_a_script_may_not_raise(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        commands.exception(name, "x")


def test_return(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    call = stage.play(command("repeat", {"times": 3, "script": [command("return", True)]}), RESPOND)
    assert (call.returned, stage.sent) == (True, [])


def test_spawn_and_join(tmp_path: Path) -> None:
    call = Stage(tmp_path).play(
        command("spawn", {"script": [command("receive", {}, "inner"), command("sleep", 0.01)]}, "beside"),
        command("mark", "going-on"),
        command("join", "beside"),
        command("join", "beside", "joined"),
    )
    assert call.outcomes["inner"].event == REQUEST
    assert call.outcomes["beside"].ok
    assert call.outcomes["joined"].ok
    assert call.outcomes["beside"].at < call.outcomes["joined"].at


def test_join_raises_what_the_script_raised(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(LookupError, match="beside"):
        stage.play(
            command("spawn", {"script": [command("raise", {"class": "LookupError", "message": "beside"})]}, "it"),
            command("join", "it"),
        )
    assert stage.seen().outcomes["it"].raised == "LookupError"


def test_cancel(tmp_path: Path) -> None:
    call = Stage(tmp_path).play(
        command("spawn", {"script": [command("sleep", 60, "nap")]}, "beside"),
        command("sleep", 0.001),
        command("cancel", "beside"),
        command("join", "beside", "joined"),
    )
    assert call.outcomes["nap"].raised == "CancelledError"
    assert call.outcomes["beside"].raised == "CancelledError"
    assert call.outcomes["joined"].ok


@pytest.mark.parametrize("word", ["join", "cancel"])
def test_a_script_that_was_not_spawned(tmp_path: Path, word: str) -> None:
    with pytest.raises(KeyError, match="nobody"):
        Stage(tmp_path).play(command(word, "nobody"))


def test_what_is_left_ends_with_the_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(
        command("spawn", {"script": [command("sleep", 60)]}, "beside"),
        command("receive", {"within": 0.001}, "late"),
        RESPOND,
    )

    async def main() -> None:
        server = Server([])
        await stage.call(server)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    call = stage.seen()
    assert call.outcomes["beside"].raised == "CancelledError"
    assert call.ended is not None
    assert call.outcomes["beside"].at <= call.ended


def test_repeat_counts(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    send = command("send", {"event": {"type": "x"}}, "inner")
    outcome = stage.play(command("repeat", {"times": 3, "script": [send]}, "turns")).outcomes["turns"]
    assert (outcome.ok, outcome.count, outcome.raised) == (True, 3, None)
    assert len(stage.sent) == 3


class FullAfter:
    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, message: Any) -> None:
        self.count -= 1
        if self.count < 0:
            raise BrokenPipeError("gone")


SENDS = {"times": 100, "script": [command("send", {"event": {"type": "x"}})]}


@pytest.mark.parametrize(("name", "goes_on"), [("turns", True), (None, True)])
def test_repeat_until_it_raises_goes_on(tmp_path: Path, name: str | None, goes_on: bool) -> None:
    stage = Stage(tmp_path)
    stage.script(command("repeat", {**SENDS, "until": "raises"}, name), command("mark", "after"))
    asyncio.run(stage.call(Server(fail=FullAfter(2))))
    call = stage.seen()
    assert [mark for mark, _ in call.marks] == ["after"]
    if name:
        outcome = call.outcomes[name]
        assert (outcome.ok, outcome.count, outcome.raised) == (False, 2, "BrokenPipeError")
        assert "OSError" in outcome.bases


def test_repeat_that_raises_unsought(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("repeat", SENDS))
    with pytest.raises(BrokenPipeError):
        asyncio.run(stage.call(Server(fail=FullAfter(2))))
    stage.script(command("repeat", SENDS, "turns"), job="j2")
    asyncio.run(stage.call(Server(fail=FullAfter(2)), http_scope(token="j2.1")))
    outcome = stage.seen("j2.1").outcomes["turns"]
    assert (outcome.count, outcome.raised) == (2, "BrokenPipeError")


def test_the_last_outcome_of_a_name_counts(tmp_path: Path) -> None:
    messages = [{"type": "http.request", "body": bytes([n]), "more_body": True} for n in range(3)]
    repeat = command("repeat", {"times": 3, "script": [command("receive", {}, "inner")]})
    call = Stage(tmp_path).play(repeat, messages=messages)
    assert call.outcomes["inner"].event == messages[2]


def test_marks_from_both_sides(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("mark", "running"), command("await", "go-on", "waited"), RESPOND)

    async def main() -> None:
        server = Server()
        task = asyncio.ensure_future(stage.call(server))
        await until(lambda: stage.spool.marked("j1", "running"))
        assert not stage.spool.marked("j1", "go-on")
        assert server.sent == []
        stage.spool.mark("j1", "go-on")
        await task
        assert server.sent[0]["status"] == 200

    asyncio.run(main())
    call = stage.seen()
    assert call.outcomes["waited"].ok
    assert [name for name, _ in call.marks] == ["running"]
    assert call.started <= call.marks[0][1]


def test_two_scripts_of_a_job_meet_at_a_mark(tmp_path: Path) -> None:
    call = Stage(tmp_path).play(
        command("spawn", {"script": [command("await", "m"), command("get", {"scope": "path"}, "path")]}, "beside"),
        command("mark", "m"),
        command("join", "beside"),
    )
    assert call.outcomes["path"].value == "/"


def test_an_await_ends_with_the_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("await", "never", "waited"))

    async def main() -> None:
        task = asyncio.ensure_future(stage.call(Server()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert stage.seen().outcomes["waited"].raised == "CancelledError"


def test_an_await_ends_when_the_engine_is_done_with_the_job(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("mark", "running"), command("await", "never"), RESPOND)

    async def main() -> list[Any]:
        server = Server()
        task = asyncio.ensure_future(stage.call(server))
        await until(lambda: stage.spool.marked("j1", "running"))
        stage.spool.finish("j1")
        await asyncio.wait_for(task, 30)
        return server.sent

    assert asyncio.run(main()) == []


def test_a_mark_whose_name_is_a_way_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name for a mark"):
        Stage(tmp_path).play(command("mark", "/../../x"))


def test_an_unknown_act(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="juggle"):
        Stage(tmp_path).play(command("juggle"))


def test_a_long_body_as_a_value_is_a_blob(tmp_path: Path) -> None:
    body = b"x" * 10_000
    call = Stage(tmp_path).play(command("read_body", {}, "body"), messages=[{"type": "http.request", "body": body}])
    value = call.outcomes["body"].value
    assert isinstance(value, TruncatedBytes)
    assert value.same_as(body)
    assert call.received_total == (value.size, value.sha256)


def test_every_act_of_the_language_is_known() -> None:
    words = "receive read_body send send_raw send_file respond accept echo set get sleep block raise return"
    assert set(commands.performers()) == {*words.split(), "spawn", "join", "cancel", "repeat", "mark", "await"}
