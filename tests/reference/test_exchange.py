"""Requests over a real connection: what the application is given, and what comes back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from engine.reference.violations import Disconnected, Violation
from tests.reference.serving import (
    App,
    Event,
    Receive,
    Scope,
    Send,
    body_of,
    connected,
    echo,
    exchange,
    head,
    on_both_loops,
    respond,
    run,
    serving,
)

CLOSE = "Connection: close"
GONE = {"type": "http.disconnect"}


def statuses(data: bytes) -> list[int]:
    """The status of each response in a row of them."""
    return [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]


@on_both_loops
def test_a_connection_goes_on_and_pipelined_requests_are_answered_in_order(loop: str) -> None:
    async def test() -> None:
        async with serving(echo) as address:
            got = await exchange(
                address,
                *(head("POST /one HTTP/1.1", "Content-Length: 3"), "one"),
                *(head("POST /two HTTP/1.1", "Transfer-Encoding: chunked"), "3\r\ntwo\r\n0\r\nX: 1\r\n\r\n"),
                head("GET /three HTTP/1.1", CLOSE),
                head("GET /never HTTP/1.1"),
            )
        assert statuses(got) == [200, 200, 200]
        assert [part for part in (b"POST /one one", b"POST /two two", b"GET /three ") if part not in got] == []
        assert b"never" not in got

    run(loop, test())


@on_both_loops
def test_byte_by_byte_it_is_the_same(loop: str) -> None:
    async def test() -> None:
        async with serving(echo) as address, connected(address) as client:
            for byte in head("POST /x HTTP/1.1", "Transfer-Encoding: chunked", CLOSE) + "3\r\nabc\r\n0\r\n\r\n":
                await client.send(byte)
                await asyncio.sleep(0)
            assert (await client.rest()).endswith(b"POST /x abc")

    run(loop, test())


def test_100_continue_comes_when_somebody_reads() -> None:
    async def test() -> None:
        received = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await received.wait()
            await respond(send, await body_of(receive))

        async with serving(app) as address, connected(address) as client:
            await client.send(head("POST / HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.until(b"\r\n\r\n"), 0.1)
            received.set()
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send("hello", head("GET / HTTP/1.1", CLOSE))
            assert statuses(await client.rest()) == [200, 200]

    run("asyncio", test())


def test_an_answer_without_the_body_that_was_held_back_ends_the_connection() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    async def test() -> None:
        async with serving(app) as address:
            got = await exchange(address, head("POST / HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"))
        assert statuses(got) == [200]
        assert b"\r\nconnection: close\r\n" in got.lower()

    run("asyncio", test())


def test_a_body_that_came_anyway_wants_no_100() -> None:
    async def test() -> None:
        async with serving(echo) as address:
            got = await exchange(
                address, head("POST / HTTP/1.1", "Content-Length: 1", "Expect: 100-continue", CLOSE) + "x"
            )
        assert statuses(got) == [200]

    run("asyncio", test())


def test_a_body_that_nobody_reads_is_never_a_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, scope["path"].encode())

    async def test() -> None:
        unread = head("GET /smuggled HTTP/1.1")
        async with serving(app) as address:
            got = await exchange(
                address,
                *(head("POST /one HTTP/1.1", f"Content-Length: {len(unread)}"), unread),
                head("GET /two HTTP/1.1", CLOSE),
            )
        assert statuses(got) == [200, 200]
        assert got.endswith(b"/two")
        assert b"smuggled" not in got

    run("asyncio", test())


@pytest.mark.parametrize(
    ("data", "status", "clause"),
    [
        ("GET / HTTP/1.1\r\n\r\n", 400, b"H1-17"),
        ("\x16\x03\x01\x02", 400, b"H1-05"),
        (head("POST / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"), 400, b"FRAME-05"),
        (head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + "g\r\n", 400, b"FRAME-15"),
        (head("GET / HTTP/3.0"), 505, b"H1-07"),
    ],
)
def test_what_is_no_request_is_answered_and_nothing_follows(data: str, status: int, clause: bytes) -> None:
    async def test() -> None:
        async with serving(echo) as address:
            got = await exchange(address, data, head("GET /smuggled HTTP/1.1"))
        assert statuses(got) == [status]
        assert clause + b": " in got
        assert {b"connection: close", b"content-type: text/plain; charset=utf-8"} <= set(got.lower().split(b"\r\n"))
        assert b"\r\ndate: " in got.lower()

    run("asyncio", test())


def test_a_broken_body_ends_the_call_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(await receive())
        seen.append(await receive())
        try:
            await respond(send)
        except OSError as error:
            seen.append(type(error))
            raise

    async def test() -> None:
        async with serving(app) as address:
            got = await exchange(address, head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), "1\r\na\r\nzz\r\n")
        assert statuses(got) == [400]

    run("asyncio", test())
    assert seen == [GONE, GONE, Disconnected]
    assert "raised" not in capsys.readouterr().err


def test_events_of_a_request() -> None:
    calls: list[list[Event]] = []

    async def test() -> None:
        over = asyncio.Semaphore(0)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            calls.append(seen := [await receive()])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receive(), 0.05)
            await respond(send)
            seen.extend([await receive(), await receive()])
            over.release()

        async with serving(app) as address, connected(address) as client:
            for _ in range(2):
                await client.send(head("GET / HTTP/1.1"))
                await client.until(b"ok")
                await over.acquire()

    run("asyncio", test())
    assert calls == [[{"type": "http.request", "body": b"", "more_body": False}, GONE, GONE]] * 2


@on_both_loops
@pytest.mark.parametrize("sent", ["", "hel"])
def test_a_client_that_leaves(loop: str, sent: str) -> None:
    seen: list[Any] = []

    async def test() -> None:
        entered, over = asyncio.Event(), asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            entered.set()
            while (event := await receive()) != GONE:
                assert event["more_body"] or not sent
            seen.append(await receive())
            try:
                for _ in range(100):
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    while True:
                        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            except OSError as error:
                seen.append(type(error))
            over.set()

        async with serving(app) as address:
            async with connected(address) as client:
                await client.send(head("POST / HTTP/1.1", f"Content-Length: {5 if sent else 0}"), sent)
                await entered.wait()
                client.reset()
            await over.wait()

    run(loop, test())
    assert seen == [GONE, Disconnected]


def test_a_client_that_has_only_said_all_it_has_to_say_gets_its_answer() -> None:
    async def test() -> None:
        async with serving(echo) as address, connected(address) as client:
            await client.send(head("GET /x HTTP/1.1"))
            client.writer.write_eof()
            assert (await client.rest()).endswith(b"GET /x ")

    run("asyncio", test())


def test_a_body_that_breaks_off_is_not_a_body() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()) != GONE:
            pass

    async def test() -> None:
        async with serving(app) as address, connected(address) as client:
            await client.send(head("POST / HTTP/1.1", "Content-Length: 5"), "hel")
            client.writer.write_eof()
            assert statuses(await client.rest()) == [400]

    run("asyncio", test())


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret")


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    pass


async def starts_and_raises(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    raise RuntimeError("secret")


@pytest.mark.parametrize("app", [raises, returns, starts_and_raises])
def test_no_response_is_a_500(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    async def test() -> None:
        async with serving(app) as address:
            got = await exchange(address, head("GET / HTTP/1.1"), head("GET / HTTP/1.1"))
        assert statuses(got) == [500]
        assert b"secret" not in got

    run("asyncio", test())
    logged = capsys.readouterr().err
    assert ("Traceback" in logged and "secret" in logged) == (app is not returns)


@on_both_loops
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_response_that_breaks_off_does_not_look_whole(loop: str, version: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        await parted.wait()

    parted = asyncio.Event()

    async def test() -> None:
        async with serving(app) as address, connected(address) as client:
            await client.send(head(f"GET / HTTP/{version}"))
            await client.until(b"part")
            parted.set()
            if version == "1.1":
                assert await client.reader.read() == b"\r\n"
            else:
                with pytest.raises(ConnectionResetError):
                    await client.reader.read()

    run(loop, test())


def test_a_violation_is_raised_named_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    caught: list[Exception] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        wrong: list[Event] = [
            {"type": "http.bogus"},
            {"type": "http.response.body"},
            {"type": "http.response.start", "status": 200, "headers": [(b"x", b"a\r\nb: c")]},
        ]
        for event in wrong:
            try:
                await send(event)
            except Violation as error:
                caught.append(error)
        await respond(send)

    async def test() -> None:
        async with serving(app) as address:
            assert statuses(await exchange(address, head("GET /p HTTP/1.1", CLOSE))) == [200]

    run("asyncio", test())
    assert [str(error)[:8].partition(":")[0] for error in caught] == ["CORE-13", "RESP-18", "RESP-21"]
    lines = [line for line in capsys.readouterr().err.splitlines() if "listening" not in line]
    assert lines[1] == "reference: RESP-18: http.response.body before http.response.start (http GET /p)"
    assert [line.split(": ")[1] for line in lines] == ["CORE-13", "RESP-18", "RESP-21"]


def test_a_violation_that_nobody_catches_is_a_500_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"short"})

    async def test() -> None:
        async with serving(app) as address:
            assert statuses(await exchange(address, head("GET / HTTP/1.1"))) == [500]

    run("asyncio", test())
    logged = capsys.readouterr().err
    assert logged.count("RESP-20") == 1
    assert "Traceback" not in logged


def test_what_an_application_does_after_its_response_holds_nobody_up() -> None:
    async def test() -> None:
        last = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await respond(send, scope["path"].encode())
            if scope["path"] == "/one":
                await last.wait()

        async with serving(app) as address, connected(address) as client:
            await client.send(head("GET /one HTTP/1.1"), head("GET /two HTTP/1.1"))
            await client.until(b"/two")
            last.set()

    run("asyncio", test())


def test_work_in_the_background_may_still_receive() -> None:
    seen: list[Event] = []

    async def test() -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            listening = asyncio.create_task(receive())
            await asyncio.sleep(0)
            await respond(send, scope["path"].encode())
            seen.append(await listening)

        async with serving(app) as address, connected(address) as client:
            await client.send(head("POST /one HTTP/1.1", "Content-Length: 3"))
            await client.until(b"/one")
            await client.send("abc", head("GET /two HTTP/1.1"))
            await client.until(b"/two")

    run("asyncio", test())
    assert seen[0] == GONE


def test_context_variables_do_not_leak() -> None:
    import contextvars

    leak: contextvars.ContextVar[str] = contextvars.ContextVar("leak", default="none")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, leak.get().encode())
        leak.set("leaked")

    async def test() -> None:
        async with serving(app) as address:
            got = await exchange(address, head("GET / HTTP/1.1"), head("GET / HTTP/1.1", CLOSE))
        assert (got.count(b"none"), got.count(b"leaked")) == (2, 0)

    run("asyncio", test())


def test_an_idle_connection_ends_in_time_and_a_slow_head_with_408() -> None:
    async def test() -> None:
        async with serving(echo, keep_alive=0.1, head_within=0.3) as address:
            async with connected(address) as client:
                await client.send(head("GET / HTTP/1.1"))
                await client.until(b"GET / ")
                assert await client.rest() == b""
            assert statuses(await exchange(address, "GET / HT")) == [408]
            assert await exchange(address) == b""

    run("asyncio", test())


def test_backpressure_holds_the_application_up() -> None:
    async def test() -> None:
        stuck = asyncio.Event()
        pieces = 0

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal pieces
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"33554432")]})
            for number in range(512):
                sending = asyncio.ensure_future(
                    send({"type": "http.response.body", "body": bytes(65536), "more_body": number < 511})
                )
                done, _ = await asyncio.wait([sending], timeout=0.5)
                if not done:
                    stuck.set()
                await sending
                pieces += 1

        async with serving(app) as address, connected(address) as client:
            await client.send(head("GET / HTTP/1.1", CLOSE))
            await stuck.wait()
            assert pieces < 500
            assert len((await client.reader.read()).partition(b"\r\n\r\n")[2]) == 33554432

    run("asyncio", test())


def sends_file(path: str) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": path})

    return app


def test_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(os.urandom(200_000))

    async def received(path: object) -> bytes:
        async with serving(sends_file(str(path))) as address:
            return await exchange(address, head("GET / HTTP/1.0"))

    async def test() -> None:
        assert (await received(tmp_path / "file")).endswith(b"\r\n\r\n" + (tmp_path / "file").read_bytes())
        for wrong in ("relative", tmp_path, tmp_path / "none", f"{tmp_path}\0"):
            assert statuses(await received(wrong)) == [500]

    run("asyncio", test())
    logged = capsys.readouterr().err
    assert (logged.count("EXT-15"), logged.count("EXT-17")) == (1, 3)


def test_a_connection_does_not_feel_the_fate_of_others() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/bad":
            raise RuntimeError
        await respond(send, scope["path"].encode())

    async def test() -> None:
        async with serving(app) as address:
            paths = ["/bad" if number % 5 == 0 else f"/{number}" for number in range(50)]
            answers = await asyncio.gather(*(exchange(address, head(f"GET {path} HTTP/1.1", CLOSE)) for path in paths))
        for path, answer in zip(paths, answers, strict=True):
            assert statuses(answer) == [500 if path == "/bad" else 200]
            assert path == "/bad" or answer.endswith(path.encode())

    run("asyncio", test())


def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    import socket

    from engine.reference.options import Options
    from engine.reference.server import ReferenceServer

    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"], scope["server"]))
        await respond(send)

    async def test() -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.setblocking(False)
        server = ReferenceServer(app, Options(lifespan="off"))
        running = asyncio.ensure_future(server.run(listener))
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(head("GET / HTTP/1.1", CLOSE).encode())
        assert statuses(await reader.read()) == [200]
        writer.close()
        server.stop()
        assert await running == 0

    run("asyncio", test())
    assert seen == [(None, (str(tmp_path / "s"), None))]


def test_http_1_0_has_no_100_and_no_upgrade() -> None:
    async def test() -> None:
        async with serving(echo) as address:
            got = await exchange(
                address,
                head("POST / HTTP/1.0", "Content-Length: 1", "Expect: 100-continue", "Upgrade: websocket"),
                "x",
            )
        assert statuses(got) == [200]
        assert got.endswith(b"POST / x")

    run("asyncio", test())
