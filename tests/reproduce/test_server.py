"""The server that the client of a reproduction starts ends with the client."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.reproduce.parts import server

CLIENT = """
import os, pathlib, sys
from engine.reproduce.parts import server
server.FOLDER = pathlib.Path(sys.argv[1])
server.LOG = server.FOLDER / "server.log"
one = server.Server()
one.start(ready=False)
while not (server.FOLDER / "pid").exists():
    pass
if sys.argv[2] == "stop":
    one.stop()
else:
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("end", ["stop", "killed"])
def test_no_process_is_left_when_the_client_has_ended(tmp_path: Path, end: str) -> None:
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\nsleep 60 & echo $! > pids\necho $$ >> pids\nmv pids pid\nexec sleep 60\n")
    script.chmod(0o755)
    client = subprocess.run([sys.executable, "-c", CLIENT, str(tmp_path), end], check=False)
    assert client.returncode == (0 if end == "stop" else -9)
    pids = [int(line) for line in (tmp_path / "pid").read_text().split()]
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_log_has_the_line_ends_that_the_server_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOG", tmp_path / "server.log")
    one = server.Server()
    server.LOG.write_bytes(b"GET /one\r\ntwo\r\xff\n")
    assert one.log.text == "GET /one\r\ntwo\r\ufffd\n"


def test_behind_nginx_the_server_itself_must_accept_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nginx.conf.in").write_text("proxy_pass http://127.0.0.1:64992;")
    monkeypatch.setattr(server, "FOLDER", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as front, socket.create_server(("127.0.0.1", 0)) as behind:
        monkeypatch.setattr(server, "PORT", front.getsockname()[1])
        monkeypatch.setattr(server, "UPSTREAM", behind.getsockname()[1])
        assert server.accepts_connections()
        behind.close()
        assert not server.accepts_connections()
        (tmp_path / "nginx.conf.in").unlink()
        assert server.accepts_connections()
