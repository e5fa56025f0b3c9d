from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.observer.inside.player import Player
from engine.observer.inside.scripts import Inbox

from .synthetic import Server, Stage, command, contract, http_scope


def status(stage: Stage, scope: dict[str, Any]) -> int:
    """The status of the answer to one call; 299 is the contract's app's."""
    server = Server()
    asyncio.run(stage.call(server, scope))
    return int(server.sent[0]["status"])


def answer(code: int) -> dict[str, Any]:
    return command("respond", {"status": code})


def test_a_call_belongs_to_the_job_of_its_token(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201))
    stage.script(answer(202), job="j2")
    assert [status(stage, http_scope(token=token)) for token in ("j1.1", "j2.1", "j3.1")] == [201, 202, 299]
    assert status(stage, http_scope()) == 299


def test_a_call_without_a_token_belongs_to_the_job_of_its_port(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201))
    stage.spool.expect_peer(("127.0.0.1", 4711), "j1")
    assert status(stage, http_scope(client=("127.0.0.1", 4711))) == 201
    assert status(stage, http_scope(client=("127.0.0.1", "4711"))) == 201
    assert status(stage, http_scope(client=("127.0.0.1", 4712))) == 299
    for odd in (None, (), ("127.0.0.1",), ("127.0.0.1", "x"), "client"):
        assert status(stage, http_scope(client=odd)) == 299
    stage.spool.finish("j1")
    assert status(stage, http_scope(client=("127.0.0.1", 4711))) == 299


def test_behind_a_gateway_the_port_is_the_one_that_the_gateway_names(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201))
    stage.spool.expect_peer(("127.0.0.1", 4711), "j1")
    through = http_scope(client=("127.0.0.1", 9))
    through["headers"].append((b"x-engine-peer", b"127.0.0.1:4711"))
    assert status(stage, through) == 201
    another = http_scope(client=("127.0.0.1", 4711))
    another["headers"].append((b"x-engine-peer", b"127.0.0.1:4712"))
    assert status(stage, another) == 299


def test_a_port_that_was_given_to_another_job(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201))
    stage.script(answer(202), job="j2")
    stage.spool.expect_peer(("127.0.0.1", 4711), "j1")
    stage.spool.expect_peer(("127.0.0.1", 4711), "j2")
    stage.spool.finish("j1")
    assert status(stage, http_scope(client=("127.0.0.1", 4711))) == 202


def test_paths_go_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    script: dict[str, Any] = {"job": "j1", "http": [answer(201)], "paths": {"/first": [answer(202)], "/empty": []}}
    stage.spool.stage("j1", script)
    assert status(stage, http_scope("/first", token="j1.1")) == 202
    assert status(stage, http_scope("/second", token="j1.2")) == 201
    server = Server()
    asyncio.run(stage.call(server, http_scope("/empty", token="j1.3")))
    assert server.sent == []


def test_what_the_script_leaves_out_is_the_contracts(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201), kind="websocket")
    assert status(stage, http_scope(token="j1.1")) == 299
    assert status(stage, http_scope(token="j1.1", type="lifespan")) == 299
    assert status(stage, http_scope(token="j1.1", type="gopher")) == 299


def lifespan_stage(folder: Path) -> Stage:
    stage = Stage(folder, lifespan_of="j1")
    complete = command("send", {"event": {"type": "lifespan.startup.complete"}})
    script = {"job": "j1", "lifespan": [command("receive"), complete], "http": [answer(201)]}
    stage.spool.stage("j1", script)
    return stage


def test_the_lifespan_of_one_job_is_played(tmp_path: Path) -> None:
    stage = lifespan_stage(tmp_path)
    server = Server([{"type": "lifespan.startup"}])
    asyncio.run(stage.call(server, {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}))
    assert server.sent == [{"type": "lifespan.startup.complete"}]
    stage.spool.refresh()
    (call,) = stage.spool.lifespans()
    assert [event.message["type"] for event in call.events] == ["lifespan.startup", "lifespan.startup.complete"]
    assert stage.spool.calls() == []


def test_its_other_scripts_serve_calls_that_belong_to_no_job(tmp_path: Path) -> None:
    stage = lifespan_stage(tmp_path)
    assert status(stage, http_scope()) == 201
    assert status(stage, http_scope(token="j9.1")) == 299
    assert status(stage, http_scope(token="no token of ours")) == 299


def test_a_lifespan_script_that_is_missing_is_noted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, lifespan_of="j7")
    assert status(stage, http_scope()) == 299
    stage.spool.refresh()
    assert "job j7 has no script" in stage.spool.calls()[0].notes[0]


@pytest.mark.parametrize("text", ["{", "[]", '{"http": [{"arg": 1}]}', '{"http": 7}'])
def test_a_script_that_cannot_be_read_is_noted(tmp_path: Path, text: str) -> None:
    stage = Stage(tmp_path)
    (tmp_path / "scripts" / "j1.json").write_text(text)
    assert status(stage, http_scope(token="j1.1")) == 299
    assert "the script of job j1 cannot be read" in stage.seen().notes[0]


def test_a_script_is_read_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(answer(201))
    assert status(stage, http_scope(token="j1.1")) == 201
    (tmp_path / "scripts" / "j1.json").unlink()
    assert status(stage, http_scope(token="j1.2")) == 201


def test_the_app_sees_nothing_of_the_engine(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope))

    stage = Stage(tmp_path, app)
    expected = http_scope()
    asyncio.run(stage.call(Server(), http_scope(token="j1.1")))
    assert seen == [expected]


def test_a_player_without_an_observer_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="observer"):
        asyncio.run(Player(contract, Inbox(tmp_path))(http_scope(), Server().receive, Server().send))
