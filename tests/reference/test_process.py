"""The reference server as a process of its own, laid out as for targets: signals, and exit statuses."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.reference.options import Options, parsed
from engine.targets.catalog.servers.reference import PACKAGE, SOURCE
from engine.targets.environments.inside import laid_out

REQUEST = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_out(tmp_path_factory.mktemp("cache"), SOURCE, PACKAGE)


class Process:
    """A server that runs; ``line`` is the next line that its application says."""

    def __init__(self, process: subprocess.Popen[str], address: tuple[str, int]) -> None:
        self.process = process
        self.address = address

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, path: str) -> socket.socket:
        client = socket.create_connection(self.address, timeout=10)
        client.sendall(REQUEST % path.encode())
        return client

    def get(self, path: str) -> str:
        with self.ask(path) as client:
            got = b""
            while not got.endswith(b"0\r\n\r\n"):
                piece = client.recv(65536)
                assert piece, got
                got += piece
        return got.decode()

    def ended(self) -> tuple[int, str]:
        """The exit status, and the log."""
        _, log = self.process.communicate(timeout=10)
        return self.process.returncode, log


@contextlib.contextmanager
def running(package: Path, *words: str, fails: str = "") -> Iterator[Process]:
    """A server on a socket that listens already."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environment = {**os.environ, "PYTHONPATH": f"{package}:{Path(__file__).parent}", "FAILS": fails}
        process = subprocess.Popen(
            [sys.executable, "-m", PACKAGE, "apps:app", "--fd", str(listener.fileno()), *words],
            pass_fds=[listener.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment, cwd=package,
        )  # fmt: skip
        address = listener.getsockname()
    try:
        yield Process(process, address)
    finally:
        process.kill()
        process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("loop", "module"), [("asyncio", "asyncio.unix_events"), ("uvloop", "uvloop"), ("auto", "uvloop")]
)
def test_it_runs_on_the_loop_and_without_the_engine(package: Path, loop: str, module: str) -> None:
    with running(package, "--loop", loop) as server:
        assert server.line() == "started"
        assert f"{module} False []" in server.get("/")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_request_end_and_then_shuts_down(package: Path, number: signal.Signals) -> None:
    with running(package) as server:
        assert server.line() == "started"
        idle = socket.create_connection(server.address, timeout=10)
        client = server.ask("/slow")
        assert server.line() == "running"
        server.process.send_signal(number)
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.address)
        assert server.process.stdin is not None
        server.process.stdin.write("\n")
        server.process.stdin.flush()
        got = b""
        while piece := client.recv(65536):
            got += piece
        client.close()
        idle.close()
        assert got.endswith(b" end\r\n0\r\n\r\n")
        assert server.line() == "shutdown"
        assert server.ended()[0] == 0


def test_what_never_ends_is_cut_off(package: Path) -> None:
    with running(package, "--graceful", "0.2") as server:
        assert server.line() == "started"
        client = server.ask("/stuck")
        assert server.line() == "running"
        server.process.terminate()
        assert server.line() == "shutdown"
        status, log = server.ended()
        client.close()
    assert status == 0
    assert "still at work after 0.2 s, and cut off" in log


def test_a_second_signal_is_the_end(package: Path) -> None:
    with running(package) as server:
        assert server.line() == "started"
        idle = socket.create_connection(server.address, timeout=10)
        client = server.ask("/stuck")
        assert server.line() == "running"
        server.process.terminate()
        assert idle.recv(1) == b""  # the first has been heard: two at once would be one
        server.process.terminate()
        status, log = server.ended()
        idle.close()
        client.close()
    assert status == 1
    assert "a second signal" in log


@pytest.mark.parametrize(("fails", "words"), [("startup", ()), ("startup", ("--lifespan", "on"))])
def test_a_failed_startup(package: Path, fails: str, words: tuple[str, ...]) -> None:
    with running(package, *words, fails=fails) as server:
        status, log = server.ended()
    assert status == 3
    assert "lifespan.startup failed" in log


def test_a_failed_shutdown(package: Path) -> None:
    with running(package, fails="shutdown") as server:
        assert server.line() == "started"
        server.process.terminate()
        status, log = server.ended()
    assert status == 3
    assert "lifespan.shutdown failed" in log


def test_a_signal_during_startup(package: Path) -> None:
    with running(package, fails="hangs") as server:
        assert server.line() == "starting"
        server.process.terminate()
        assert server.ended()[0] == 0


def pids(server: Process) -> set[str]:
    """The workers that answer, from so many requests that each has its turn."""
    return {server.get("/pid").partition("pid=")[2].split()[0] for _ in range(30)}


def test_workers(package: Path) -> None:
    with running(package, "--workers", "2") as server:
        assert [server.line(), server.line()] == ["started", "started"]
        first = pids(server)
        assert str(server.process.pid) not in first
        os.kill(int(min(first)), signal.SIGKILL)
        assert server.line() == "started"
        assert min(first) not in pids(server)
        server.process.send_signal(signal.SIGHUP)
        assert sorted(server.line() for _ in range(4)) == ["shutdown"] * 2 + ["started"] * 2
        assert not first & pids(server)
        server.process.terminate()
        assert [server.line(), server.line()] == ["shutdown", "shutdown"]
        status, log = server.ended()
    assert status == 0
    assert "ended with signal 9" in log


def test_the_number_of_workers(package: Path) -> None:
    with running(package, "--workers", "1", "--max-requests", "1000") as server:
        assert server.line() == "started"
        first = pids(server)
        server.process.send_signal(signal.SIGTTIN)
        assert server.line() == "started"
        server.process.send_signal(signal.SIGTTOU)
        assert server.line() == "shutdown"
        server.process.send_signal(signal.SIGTTOU)
        assert len(pids(server)) == 1
        assert first
        server.process.terminate()
        assert server.line() == "shutdown"
        assert server.ended()[0] == 0


def test_workers_end_with_the_one_that_looks_after_them(package: Path) -> None:
    with running(package, "--workers", "2") as server:
        assert [server.line(), server.line()] == ["started", "started"]
        server.process.kill()
        # Their ends of the pipe are closed when they are gone, and not before.
        assert server.ended()[0] == -signal.SIGKILL


def test_workers_whose_startup_fails(package: Path) -> None:
    with running(package, "--workers", "2", fails="startup") as server:
        status, log = server.ended()
    assert status == 3
    assert "lifespan.startup failed" in log


def test_an_application_that_is_not_there(package: Path) -> None:
    with running(package) as server:
        pass
    process = subprocess.run(
        [sys.executable, "-m", PACKAGE, "nothing:app", "--bind", "127.0.0.1:0"],
        cwd=package, capture_output=True, text=True, check=False, timeout=10,
    )  # fmt: skip
    assert process.returncode == 1
    assert "No module named 'nothing'" in process.stderr
    assert server.process.returncode is not None


def test_the_command_line() -> None:
    assert parsed(["a:b"]) == Options(app="a:b")
    assert parsed(["a:b", "--fd", "3", "--keep-alive", "0.5", "--trust-proxy", "--root-path", "/api"]) == Options(
        app="a:b", fd=3, keep_alive=0.5, trust_proxy=True, root_path="/api"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["a:b", "--fd", "3", "--bind", "x:1"],
        ["a:b", "--keep-alive", "-1"],
        ["a:b", "--keep-alive", "inf"],
        ["a:b", "--message-limit", "0"],
        ["a:b", "--root-path", "api"],
        ["a:b", "--root-path", "/api/"],
        ["a:b", "--loop", "trio"],
    ],
)
def test_a_wrong_command_line(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(words)
    assert caught.value.code == 2


def test_a_worker_is_replaced_after_its_last_request(package: Path) -> None:
    with running(package, "--max-requests", "2") as server:
        assert server.line() == "started"
        pids = [server.get("/").partition("pid=")[2].split()[0] for _ in range(5)]
        assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [2, 2, 1]
        server.process.terminate()
        status, log = server.ended()
    assert status == 0
    assert log.count("has served its last request") == 2
