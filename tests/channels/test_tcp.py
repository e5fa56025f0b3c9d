# ruff: noqa: ASYNC110 (what is waited for happens in the loop's own callbacks)
from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import uvloop

from engine.channels import tcp
from engine.channels.record import KEPT_BYTES, KEPT_HEAD
from engine.channels.tcp import TcpChannel, open_soon, open_tcp
from engine.errors import ChannelClosed, ConnectionRefused, Endless, Reset

Work = Callable[[TcpChannel, socket.socket], Coroutine[Any, Any, None]]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=LOOPS)
def play(request: pytest.FixtureRequest) -> Callable[[Work], None]:
    """Runs a test on each loop, with a channel and the peer's blocking socket."""

    def play(work: Work) -> None:
        async def main() -> None:
            listener = socket.create_server(("127.0.0.1", 0))
            try:
                channel = await open_tcp(listener.getsockname(), label="one", timeout=5)
                peer, address = listener.accept()
                peer.settimeout(10)
                try:
                    assert channel.local == address
                    await asyncio.wait_for(work(channel, peer), 15)
                finally:
                    channel.close()
                    peer.close()
            finally:
                listener.close()

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(main())

    return play


async def all_of(channel: TcpChannel, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += (await channel.receive())[0]
    return got


def whats(channel: TcpChannel) -> list[str]:
    return [event.what for event in channel.events]


def test_bytes_cross_and_are_recorded(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        sent = await channel.send(b"ping")
        assert peer.recv(10) == b"ping"
        peer.sendall(b"pong")
        data, at = await channel.receive()
        assert data == b"pong"
        assert channel.opened <= sent <= at
        assert [(event.what, event.data, event.size) for event in channel.events] == [
            ("connected", b"", 0),
            ("sent", b"ping", 4),
            ("received", b"pong", 4),
        ]
        assert {event.subject for event in channel.events} == {"one"}
        assert channel.ended == ""

    play(work)


def test_small_writes_are_not_held_back(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        raw = channel._transport.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    play(work)


def test_the_time_is_that_of_the_arrival_not_of_the_look(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.sendall(b"early")
        while whats(channel)[-1] != "received":
            await asyncio.sleep(0)
        arrived = channel.events[-1].at
        await asyncio.sleep(0.02)
        assert await channel.receive() == (b"early", arrived)

    play(work)


def test_a_fin_ends_reading_and_not_writing(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.sendall(b"last")
        peer.shutdown(socket.SHUT_WR)
        assert (await channel.receive())[0] == b"last"
        nothing, at = await channel.receive()
        assert nothing == b""
        assert await channel.receive() == (b"", at)
        assert channel.ended == "fin"
        await channel.send(b"still heard")
        assert peer.recv(20) == b"still heard"
        assert channel.events[-2].detail == "by the peer"

    play(work)


def test_a_reset_is_no_fin(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with pytest.raises(Reset):
            await channel.receive()
        with pytest.raises(Reset):
            await channel.receive()
        with pytest.raises(Reset):
            await channel.send(b"too late")
        assert channel.ended == "reset"
        assert whats(channel)[-1] == "reset"

    play(work)


def test_what_came_before_a_reset_can_still_be_read(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.sendall(b"first")
        while whats(channel)[-1] != "received":
            await asyncio.sleep(0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        while not channel.ended:
            await asyncio.sleep(0)
        assert (await channel.receive())[0] == b"first"
        with pytest.raises(Reset):
            await channel.receive()

    play(work)


def test_this_side_can_shut_its_writing_half(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        await channel.send(b"all")
        channel.half_close()
        loop = asyncio.get_running_loop()
        assert peer.recv(10) == b"all"
        assert await loop.run_in_executor(None, peer.recv, 10) == b""
        peer.sendall(b"answer")
        assert (await channel.receive())[0] == b"answer"
        with pytest.raises(ChannelClosed):
            await channel.send(b"more")
        with pytest.raises(ChannelClosed):
            channel.half_close()
        assert channel.ended == ""

    play(work)


def test_this_side_can_reset(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        channel.reset()
        with pytest.raises(ConnectionResetError):
            await asyncio.get_running_loop().run_in_executor(None, peer.recv, 1)
        assert channel.ended == "closed"
        assert whats(channel)[-1] == "reset"
        with pytest.raises(ChannelClosed):
            await channel.receive()

    play(work)


def test_a_close_is_a_fin_for_the_peer(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        channel.close()
        channel.close()
        assert await asyncio.get_running_loop().run_in_executor(None, peer.recv, 1) == b""
        assert channel.ended == "closed"
        with pytest.raises(ChannelClosed):
            await channel.send(b"x")
        with pytest.raises(ChannelClosed):
            channel.write(b"x")

    play(work)


def test_a_close_ends_a_read_that_waits(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        waiting = asyncio.ensure_future(channel.receive())
        await asyncio.sleep(0)
        channel.close()
        with pytest.raises(ChannelClosed):
            await waiting

    play(work)


def test_send_waits_until_the_kernel_has_taken_all(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        data = bytes(16 * 1024 * 1024)
        sending = asyncio.ensure_future(channel.send(data))
        await asyncio.sleep(0.05)
        assert not sending.done()
        loop, left = asyncio.get_running_loop(), len(data)
        while left:
            left -= len(await loop.run_in_executor(None, peer.recv, 1 << 20))
        assert await sending >= channel.opened
        assert channel._transport.get_write_buffer_size() == 0

    play(work)


def test_a_reset_ends_a_send_that_waits(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        sending = asyncio.ensure_future(channel.send(bytes(16 * 1024 * 1024)))
        await asyncio.sleep(0.02)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with pytest.raises(Reset):
            await sending

    play(work)


def test_a_close_does_not_wait_for_a_peer_that_takes_nothing(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        sending = asyncio.ensure_future(channel.send(bytes(16 * 1024 * 1024)))
        await asyncio.sleep(0.02)
        channel.close()
        with pytest.raises(ChannelClosed):
            await sending
        while not channel._lost:
            await asyncio.sleep(0)

    play(work)


def test_a_channel_that_does_not_read_leaves_the_bytes_to_the_kernel(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        channel.reading(False)
        peer.sendall(b"later")
        waiting = asyncio.ensure_future(channel.receive())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        channel.reading(True)
        assert (await waiting)[0] == b"later"

    play(work)


def test_bytes_put_back_come_first(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.sendall(b"abcdef")
        data, at = b"", 0.0
        while len(data) < 6:
            piece, at = await channel.receive()
            data += piece
        channel.unread(data[4:], at)
        channel.unread(data[2:4], at)
        channel.unread(b"", at)
        assert await channel.receive() == (b"cd", at)
        assert await channel.receive() == (b"ef", at)

    play(work)


def test_a_cancelled_read_loses_nothing(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await channel.receive()
        peer.sendall(b"x")
        assert (await channel.receive())[0] == b"x"

    play(work)


def test_the_record_is_bounded(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        piece = bytes(KEPT_BYTES)
        loop = asyncio.get_running_loop()
        for _ in range(2):
            reading = loop.run_in_executor(None, recv_exactly, peer, len(piece))
            await channel.send(piece)
            await reading
        sent = [event for event in channel.events if event.what == "sent"]
        assert [len(event.data) for event in sent] == [KEPT_BYTES, KEPT_HEAD]
        assert [event.size for event in sent] == [KEPT_BYTES] * 2
        assert sent[0].data is piece

    play(work)


def recv_exactly(peer: socket.socket, size: int) -> None:
    while size:
        size -= len(peer.recv(min(size, 1 << 20)))


@pytest.mark.parametrize("loop", LOOPS)
def test_nobody_listens(loop: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with (
        asyncio.Runner(loop_factory=LOOPS[loop]) as runner,
        pytest.raises(ConnectionRefused, match="connection refused"),
    ):
        runner.run(open_tcp(address, timeout=5))


def test_a_receive_buffer_of_its_own() -> None:
    async def main(receive_buffer: int | None) -> int:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            channel = await open_tcp(listener.getsockname(), timeout=5, receive_buffer=receive_buffer)
            peer, _ = listener.accept()
            with peer:
                peer.setblocking(False)
                channel.reading(False)
                taken = 0
                try:
                    while taken < 64 * 1024 * 1024:
                        taken += peer.send(b"x" * 65536)
                except BlockingIOError:
                    pass
                channel.close()
                return taken

    # The peer's own buffer is part of both.
    assert asyncio.run(main(4096)) < asyncio.run(main(None))


def test_a_buffer_of_its_own_and_nobody_there() -> None:
    with pytest.raises(ConnectionRefused):
        asyncio.run(open_tcp(("127.0.0.1", 1), timeout=5, receive_buffer=4096))


def test_what_comes_without_end_is_read_no_further(
    play: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "MOST", 1 << 20)

    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        pouring = asyncio.ensure_future(loop.sock_sendall(peer, b"x" * (64 << 20)))
        got = 0
        with contextlib.suppress(Endless):
            while True:
                got += len((await channel.receive())[0])
        assert 1 << 20 < got < 4 << 20
        channel.reading(True)  # no step begins it again
        await asyncio.sleep(0.05)
        assert not pouring.done()
        with pytest.raises(Endless, match="more than 1 MiB on this connection"):
            await channel.receive()
        pouring.cancel()
        assert [event.detail for event in channel.events if event.what == "reading"] == [
            "stops for good: more than 1 MiB came"
        ]

    play(work)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("buffer", [None, 65536])
def test_a_unix_socket_is_a_channel_without_an_address(loop: str, buffer: int | None, tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")

    async def main() -> None:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(path)
            with pytest.raises(ConnectionRefused, match=f"connection refused by unix:{path}"):
                await open_tcp((path, 0))
            listener.listen()
            channel = await open_tcp((path, 0), timeout=5, receive_buffer=buffer)
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"abc")
                assert (await channel.receive())[0] == b"abc"
                assert channel.local == ("", 0)
                assert channel.events[0].detail == "to a Unix socket"
                channel.close()
        with pytest.raises(ConnectionRefused, match="unix:/none"):
            await open_tcp(("/none/a.sock", 0))

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(main(), 10))


def test_a_delivery_arrives_in_as_many_reads_as_it_has_pieces(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        reads: list[bytes] = []

        def read() -> None:
            while sum(map(len, reads)) < 6:
                reads.append(peer.recv(100))

        reading = asyncio.create_task(asyncio.to_thread(read))
        await channel.deliver([b"a", b"bc", b"d", b"ef"])
        await reading
        assert reads == [b"a", b"bc", b"d", b"ef"]

    play(work)


def test_a_peer_that_does_not_read_gets_the_rest_at_once(
    play: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "PATIENCE", 0.001)
    monkeypatch.setattr(tcp, "VAIN", 0.002)

    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        await channel.deliver([b"x"] * 100)
        assert 1 < whats(channel).count("sent") < 20
        assert peer.recv(1000) == b"x" * 100

    play(work)


def test_a_long_delivery_ends_in_one_piece(play: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "LONGEST", 0.0)

    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        await channel.deliver([b"x"] * 100)
        assert whats(channel).count("sent") == 1
        assert peer.recv(1000) == b"x" * 100

    play(work)


def test_a_delivery_on_a_connection_that_was_idle_ends_sooner(
    play: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "IDLE", 0.02)
    monkeypatch.setattr(tcp, "AFTER_IDLE", 0.0)

    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        async def sent() -> int:
            before = whats(channel).count("sent")
            reading = asyncio.to_thread(lambda: [peer.recv(1) for _ in range(3)])
            read, _ = await asyncio.gather(reading, channel.deliver([b"x"] * 3))
            assert read == [b"x"] * 3
            return whats(channel).count("sent") - before

        await asyncio.sleep(0.03)
        assert await sent() == 3, "a new connection is not idle"
        peer.sendall(b"a")
        await channel.receive()
        await asyncio.sleep(0.03)
        assert await sent() == 1

    play(work)


def test_where_nothing_is_known_of_the_peer_a_pause_lies_between_pieces(
    play: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "unread", lambda local, remote: None)

    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        await channel.deliver([b"a", b"b", b"c"])
        times = [event.at for event in channel.events if event.what == "sent"]
        # uvloop counts time in milliseconds, so a timer may end up to one of them early.
        assert min(two - one for one, two in pairwise(times)) > tcp.PAUSE - 0.001
        assert peer.recv(10) == b"abc"

    play(work)


def test_a_peer_that_has_ended_the_stream_gets_no_more_pieces(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        peer.shutdown(socket.SHUT_WR)
        while not channel.ended:
            await asyncio.sleep(0.001)
        await channel.deliver([b"a", b"bc"])
        assert whats(channel)[-1] == "not sent"

    play(work)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_standing_engine_has_sent_the_first_bytes(loop: str) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            opening = asyncio.create_task(open_soon(listener.getsockname(), b"first"))
            # It stands still right after connect(), as a loop does that has many other things to do.
            asyncio.get_running_loop().call_soon(time.sleep, tcp.LATE + 0.05)
            listener.settimeout(5)
            given_up, _ = await asyncio.to_thread(listener.accept)
            used, _ = await asyncio.to_thread(listener.accept)
            used.settimeout(5)
            channel = await opening
            assert await asyncio.to_thread(used.recv, 100) == b"first"
            channel.write(b"fi")
            await channel.send(b"rst and more")
            assert await asyncio.to_thread(used.recv, 100) == b" and more"
            assert given_up.recv(100) == b""
            await channel.deliver([b"a", b"b", b"c"])
            sent = [event.data for event in channel.events if event.what == "sent"]
            assert sent == [b"fi", b"rst and more", b"abc"]
            channel.close()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(main(), 15))


def test_a_prompt_engine_sends_its_first_bytes_when_they_are_written(play: Callable[[Work], None]) -> None:
    async def work(_: TcpChannel, __: socket.socket) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            channel = await open_soon(listener.getsockname(), b"first")
            assert channel.ahead == b""
            assert channel.opened < channel.hurry <= channel.opened + tcp.LATE
            channel.close()

    play(work)


def test_an_address_that_refuses_also_refuses_bytes_that_go_ahead() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with pytest.raises(ConnectionRefused, match="refused by"):
            await open_tcp(address, first=b"first")

    asyncio.run(main())


def test_the_first_delivery_to_a_peer_that_does_not_wait_ends_sooner(play: Callable[[Work], None]) -> None:
    async def work(channel: TcpChannel, peer: socket.socket) -> None:
        channel.hurry = channel.opened
        await channel.deliver([b"x"] * 100)
        assert whats(channel).count("sent") == 1
        peer.sendall(b"a")
        await channel.receive()
        await channel.deliver([b"x"] * 3)
        assert whats(channel).count("sent") == 4, "the peer has decided"

    play(work)


def test_a_connection_is_replaced_a_few_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "LATE", -1.0)
    monkeypatch.setattr(tcp, "STALE", -1.0)

    async def main() -> str:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            channel = await open_soon(listener.getsockname(), b"first")
            listener.settimeout(5)
            peers = [listener.accept()[0] for _ in range(tcp.TRIES + 1)]
            assert peers[-1].recv(100) == b"first"
            ended = channel.ended
            channel.close()
            for peer in peers:
                peer.close()
            return ended

    assert asyncio.run(main()) == ""
