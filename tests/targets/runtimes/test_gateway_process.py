"""A gateway's process: ready, refused, gone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from engine.errors import StartError, Unfit
from engine.model.target import H2, ExitStatus
from engine.targets.catalog.gateways import load_gateways, nginx
from engine.targets.catalog.gateways.base import FoundProgram
from engine.targets.probing import over_http2
from engine.targets.runtimes import ports
from engine.targets.runtimes.certificates import Certificates
from engine.targets.runtimes.gateway_process import GatewayProcess, accepted, open_gateway, takes
from tests.targets.probing.test_over_http2 import Peer

T = TypeVar("T")
EMERG = '2026/11/21 10:00:00 [emerg] 7#7: unknown directive "x" in nginx.conf:3'


def run(scene: Callable[[], Awaitable[T]]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await scene()

    return asyncio.run(bounded())


def script(folder: Path, text: str) -> FoundProgram:
    """A program that stands in for nginx."""
    path = folder / "fake-nginx"
    path.write_text(text)
    path.chmod(0o755)
    return FoundProgram(path, "named by --nginx")


def open_it(
    program: FoundProgram, folder: Path, options: dict[str, object] | None = None, name: str = "nginx-http"
) -> Awaitable[GatewayProcess]:
    scratch = folder / "scratch"
    scratch.mkdir()
    upstream = ("127.0.0.1", 9)
    return open_gateway(
        load_gateways()[name], program, upstream, options or {}, scratch=scratch, log=folder / "x.gateway.log"
    )


def refused(program: FoundProgram, folder: Path) -> StartError:
    with pytest.raises(StartError) as raised:
        run(lambda: open_it(program, folder))
    assert not (folder / "scratch").exists()
    return raised.value


def test_what_nginx_says_of_its_configuration_is_told(tmp_path: Path) -> None:
    error = refused(script(tmp_path, f"#!/bin/sh\necho '{EMERG}' >&2\nexit 1\n"), tmp_path)
    assert error.what == "nginx-http ended before it listened (exit status 1)"
    assert error.hint == 'nginx says: [emerg] 7#7: unknown directive "x" in nginx.conf:3'
    assert EMERG in error.log


def test_words_before_it_has_a_log_are_told_as_well(tmp_path: Path) -> None:
    error = refused(script(tmp_path, "#!/bin/sh\necho 'nginx: [emerg] no such thing' >&2\nexit 1\n"), tmp_path)
    assert error.hint == "nginx says: [emerg] no such thing"


def test_a_file_that_is_no_program_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "fake-nginx"
    path.write_bytes(b"\x7fELF\0 of another machine")
    path.chmod(0o755)
    error = refused(FoundProgram(path, "named by --nginx"), tmp_path)
    assert "Exec format error" in error.what
    assert "named by --nginx" in error.what
    assert "it is no program for this machine" in error.hint


@pytest.mark.parametrize("words", ["Address in use", "Address already in use"])
def test_a_port_that_is_taken_asks_for_another_try(tmp_path: Path, words: str) -> None:
    line = f"2026/11/21 10:00:00 [emerg] 7#7: bind() to 127.0.0.1:1 failed (98: {words})"
    program = script(tmp_path, f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
    with pytest.raises(ports.PortTaken) as raised:
        run(lambda: open_it(program, tmp_path))
    assert words in raised.value.error.hint


def test_a_word_that_the_gateway_does_not_have_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="does not support the option 'keep_conn'"):
        run(lambda: open_it(script(tmp_path, "#!/bin/sh\n"), tmp_path, {"keep_conn": True}, "nginx-uwsgi"))
    assert not (tmp_path / "x.gateway.log").exists()


def test_of_a_log_only_complaints_are_told() -> None:
    log = f'2026/11/21 10:00:00 [notice] 7#7: start\n127.0.0.1:1 "GET /[error] HTTP/1.1" 200\n{EMERG}\n'
    assert "\n".join(nginx.NGINX.complaints(log)) == EMERG
    assert nginx.NGINX.complaints("") == []


def test_waiting_for_whoever_listens_can_be_over() -> None:
    async def scene() -> None:
        listener = ports.listening()
        address = listener.getsockname()
        await accepted(address)
        listener.close()
        assert not await takes(address)
        await accepted(address, lambda: True)

    run(scene)


@pytest.mark.service
def test_a_real_one_listens_passes_on_and_leaves_nothing(tmp_path: Path) -> None:
    async def scene() -> tuple[bytes, str]:
        gate = await open_it(nginx.find(), tmp_path, {"keep_conn": True, "buffering": False})
        assert (tmp_path / "scratch" / "gateway" / "nginx.pid").exists()
        reader, writer = await asyncio.open_connection(*gate.address)
        writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        assert gate.ended is None
        # With the grace of one that is of no use it is killed on a busy machine.
        await gate.stop(grace=15.0)
        await gate.process.release()
        assert gate.ended == ExitStatus(status=0)
        assert not await takes(gate.address)
        return answer, gate.complaints()

    answer, complaints = run(scene)
    # Nobody listens at the upstream's port, and nginx says so to both sides.
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert "connect() failed" in complaints
    assert '"GET /x HTTP/1.1" 502' in (tmp_path / "x.gateway.log").read_text()
    assert not (tmp_path / "scratch").exists()


@pytest.mark.service
def test_a_real_one_speaks_http_2_to_clients_by_alpn_and_to_the_server_with_prior_knowledge(tmp_path: Path) -> None:
    peer = Peer((b":status", b"200"), (b"x-a", b"1"), (b"content-length", b"0"))

    async def scene() -> tuple[Mapping[bytes, bytes] | None, str]:
        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        (tmp_path / "scratch").mkdir()
        files, trust = Certificates().write(tmp_path, "127.0.0.1")
        gate = await open_gateway(
            load_gateways()["nginx-http2"], nginx.find(), server.sockets[0].getsockname()[:2], {},
            scratch=tmp_path / "scratch", log=tmp_path / "x.gateway.log", http=H2, files=files,
        )  # fmt: skip
        try:
            return await over_http2.request(
                gate.address, "t", over_http2.context_of(trust), within=30
            ), gate.complaints()
        finally:
            await gate.close()
            server.close()

    answer, complaints = run(scene)
    assert complaints == ""
    assert answer is not None
    assert (answer[b":status"], answer[b"x-a"]) == (b"200", b"1")
    assert (peer.seen[0][b":path"], peer.seen[0][b"x-engine-call"]) == (b"/health", b"t")
    assert b"x-engine-peer" in peer.seen[0]


def test_a_release_that_lacks_http_2_makes_the_target_unsupported(tmp_path: Path) -> None:
    program = script(tmp_path, "#!/bin/sh\necho 'nginx version: nginx/1.29.0 --with-http_v2_module' >&2\n")
    with pytest.raises(Unfit, match=r"nginx-http2: nginx 1.29.0 does not speak HTTP/2 to servers here"):
        run(lambda: open_it(program, tmp_path, name="nginx-http2"))
    assert not (tmp_path / "x.gateway.log").exists()


@pytest.mark.service
def test_one_that_is_killed_is_seen_to_have_ended(tmp_path: Path) -> None:
    async def scene() -> ExitStatus:
        gate = await open_it(nginx.find(), tmp_path)
        os.kill(gate.process.pid, signal.SIGKILL)
        ended = await gate.process.wait()
        await gate.close()
        assert not await takes(gate.address)
        return ended

    assert run(scene) == ExitStatus(signal=signal.SIGKILL)
