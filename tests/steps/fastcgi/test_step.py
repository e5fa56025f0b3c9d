from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.channels.scripted import FIN
from engine.errors import ConnectionRefused, EngineError
from engine.protocols.fastcgi import END_REQUEST, GET_VALUES, PARAMS, STDIN, STDOUT, encode, end_body, stream
from engine.steps.api.context import StepFailed
from tests.steps.context import JobScope, against, run
from tests.steps.fastcgi.fastcgi_here import answer, params, records, sent, spoken
from tests.steps.reader import steps

PLAIN: list[Any] = [{"begin": {}}, {"params": {}}, {"stdin": {}}]


def fastcgi(*script: object, **keys: object) -> Any:
    return steps({"fastcgi": {"script": list(script), **keys}})


async def application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Echoes each request's body, a request that is called /late only after the one behind it; keeps the connection
    where it is asked to."""
    late = b""
    bodies: dict[int, bytes] = {}
    names: dict[int, bytes] = {}
    keeps: dict[int, int] = {}
    while True:
        head = await reader.readexactly(8)
        content = await reader.readexactly(int.from_bytes(head[4:6], "big") + head[6])
        content = content[: int.from_bytes(head[4:6], "big")]
        type, id = head[1], int.from_bytes(head[2:4], "big")
        if type == 1:
            bodies[id], names[id], keeps[id] = b"", b"", content[2]
        elif type == PARAMS:
            names[id] += content
        elif type == STDIN and content:
            bodies[id] += content
        elif type == STDIN:
            data = b"".join(stream(STDOUT, id, [b"Status: 201 Made\r\n\r\n" + bodies[id]]))
            data += encode(END_REQUEST, id, end_body(id, 0))
            if b"/late" in names[id]:
                late = data
                continue
            writer.write(data + late)
            if not keeps[id]:
                return


def test_a_request_goes_to_the_server_itself_and_its_call_is_known() -> None:
    async def work() -> None:
        async with against(application) as ctx:
            ctx.live.speaks = "fastcgi"
            await ctx.run(
                fastcgi(
                    {"begin": {}},
                    {"params": {"values": {"REQUEST_METHOD": "POST"}}},
                    {"stdin": "hello"},
                    {"response": {"expect": {"status": 201, "reason": "Made", "body": "hello", "app_status": 1}}},
                    {"closed": {"expect": {"how": "fin"}}},
                )
            )
            assert ctx.broken == []
            assert ctx.performed is not ctx.done[0]
            assert ctx.done[0].tokens == ["j1.1"]
            assert ctx.live.boundary.peers == [(ctx.opened[0].channel.local, "j1")]
            assert [what for what, _ in ctx.notes] == ["records sent"] * 3 + ["records received"]
            assert ctx.notes[0][1] == "begin_request 1 (responder)"
            assert ctx.notes[3][1] == "stdout 1, 25 B; stdout 1, end; end_request 1 (request_complete, app_status 1)"

    run(work())


def test_a_kept_connection_takes_a_second_request_in_a_later_step() -> None:
    async def work() -> None:
        async with against(application) as ctx:
            ctx.live.speaks = "fastcgi"
            script = [{"begin": {"keep_conn": True}}, {"params": {}}, {"stdin": "a"}]
            await ctx.run(fastcgi(*script, {"response": {"expect": {"body": "a", "open": True}}}, connection="c"))
            await ctx.run(fastcgi(*PLAIN, {"response": {"expect": {"body": "", "open": False}}}, connection="c"))
            assert ctx.broken == []
            assert len(ctx.opened) == 1

    run(work())


def test_two_requests_on_one_connection_are_answered_out_of_order() -> None:
    async def work() -> None:
        async with against(application) as ctx:
            ctx.live.speaks = "fastcgi"
            await ctx.run(
                fastcgi(
                    {"begin": {"id": 1, "keep_conn": True}},
                    {"begin": {"id": 2, "keep_conn": True}},
                    {"params": {"id": 1, "values": {"PATH_INFO": "/late"}}},
                    {"params": {}},
                    {"stdin": {"bytes": "first", "id": 1}},
                    {"stdin": "second"},
                    {"response": {"id": 1, "expect": {"body": "first", "app_status": 1}}},
                    {"response": {"id": 2, "expect": {"body": "second", "app_status": 2}}},
                )
            )
            assert ctx.broken == []

    run(work())


def test_a_server_that_speaks_something_else_is_a_mistake_that_is_explained() -> None:
    for spoken_there in ("http", "uwsgi"):
        ctx = JobScope()
        ctx.live.speaks = spoken_there
        with pytest.raises(EngineError, match=f"this one speaks {spoken_there}\n  the case needs `only"):
            run(ctx.run(fastcgi({"begin": {}})))
        assert ctx.opened == []


def test_nobody_listens() -> None:
    ctx = JobScope()
    ctx.live.speaks = "fastcgi"
    with pytest.raises(ConnectionRefused):
        run(ctx.run(fastcgi()))


def test_a_connection_of_another_step_carries_no_fastcgi() -> None:
    async def work() -> None:
        ctx, _, channel = spoken()
        await ctx.run(steps({"tcp": {"connection": "c", "script": [{"send": "x"}]}}))
        with pytest.raises(EngineError, match="'c' was opened by another kind of step"):
            await ctx.run(fastcgi({"begin": {}}, connection="c"))
        assert channel.sent == [b"x"]

    run(work())


def test_a_connection_that_is_only_open_can_be_continued() -> None:
    async def work() -> None:
        async with against(application) as ctx:
            ctx.live.speaks = "fastcgi"
            await ctx.open("c")
            await ctx.run(fastcgi(*PLAIN, {"response": {"expect": {"status": 201}}}, connection="c"))
            assert ctx.broken == []

    run(work())


def test_a_script_that_stops_closes_its_connection() -> None:
    async def work() -> None:
        ctx, _, channel = spoken(answer())
        with pytest.raises(StepFailed):
            await ctx.run(fastcgi(*PLAIN, {"response": {"expect": {"status": 404}}}))
        assert channel.ended == "closed"

    run(work())


def test_what_the_looks_of_tcp_see_is_what_no_other_look_has_taken() -> None:
    async def work() -> None:
        second = answer(b"two", 2)
        ctx, _, _ = spoken(answer(b"one") + second, FIN)
        await ctx.run(
            fastcgi(
                *PLAIN,
                {"response": {"expect": {"body": "one"}}},
                {"read": {"size": "8B", "capture": {"head": "bytes"}}},
                {"closed": {"capture": {"rest": "rest"}}},
            )
        )
        assert ctx.variables["head"] == second[:8]
        assert ctx.variables["rest"] == second[8:]

    run(work())


def test_a_script_in_one_write_or_cut_anywhere() -> None:
    async def work() -> None:
        ctx, _, channel = spoken()
        script: list[Any] = [
            {"begin": {"id": 5}}, {"params": {}}, {"stdin": "ab"}, {"send": b"\x01\x09\0\0\0\0\0\0"},
        ]  # fmt: skip
        await ctx.run(fastcgi({"write": {"script": script}}))
        assert len(channel.sent) == 1
        whole = records(channel.sent[0])
        assert [record.name for record in whole] == [
            "begin_request", "params", "params", "stdin", "stdin", "get_values",
        ]  # fmt: skip
        assert {record.id for record in whole if record.type != GET_VALUES} == {5}

        ctx, _, channel = spoken()
        await ctx.run(fastcgi({"write": {"script": PLAIN, "piece": "1B", "every": "0ms"}}))
        assert {len(piece) for piece in channel.sent} == {1}
        assert dict(params(sent(channel)))[b"REQUEST_METHOD"] == b"GET"

        ctx, _, channel = spoken()
        await ctx.run(fastcgi({"write": {"script": PLAIN, "cut_at": [4, 20], "every": "0ms"}}))
        assert [len(piece) for piece in channel.sent][:2] == [4, 16]

    run(work())


def test_a_write_holds_acts_that_send_alone() -> None:
    ctx, _, _ = spoken()
    with pytest.raises(ValueError, match="inside a `write`"):
        run(ctx.run(fastcgi({"write": {"script": [{"write": {"script": []}}]}})))
    with pytest.raises(ValueError, match="cannot stand inside `write`"):
        run(ctx.run(fastcgi({"write": {"script": [{"get_values": {}}]}})))


def test_a_connection_past_a_gateway_is_told_of() -> None:
    async def work() -> None:
        async with against(application) as ctx:
            ctx.live.speaks = "fastcgi"
            upstream = ctx.live.address
            ctx.live.address = ("127.0.0.1", 1)
            await ctx.run(fastcgi(*PLAIN, {"response": {"expect": {"status": 201}}}))
            assert ctx.notes[0] == ("past the gateway to", f"127.0.0.1:{upstream[1]}")
            assert (ctx.live.address, ctx.broken) == (("127.0.0.1", 1), [])

    run(work())
