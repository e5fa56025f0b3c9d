"""``engine serve``: a target on a port of the user's choice, until it is stopped."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.service
def test_it_answers_and_stops(begun: Callable[..., subprocess.Popen[str]]) -> None:
    port = free_port()
    process = begun("serve", "gunicorn-control-asyncio", "--port", str(port))
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith(f"gunicorn-control-asyncio on http://127.0.0.1:{port} (")
    assert "gunicorn 2" in first
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as response:
        assert response.read() == b"OK"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.service
def test_with_tls(begun: Callable[..., subprocess.Popen[str]]) -> None:
    port = free_port()
    process = begun("serve", "reference-control-asyncio", "--port", str(port), "--tls")
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f"reference-control-asyncio on https://127.0.0.1:{port} (")
    ca = process.stdout.readline().partition("its certificate is signed by ")[2].strip()
    context = ssl.create_default_context(cafile=ca)
    with urllib.request.urlopen(f"https://127.0.0.1:{port}/health", timeout=10, context=context) as response:
        assert response.read() == b"OK"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert not Path(ca).exists()


def test_tls_where_there_is_none(engine: Engine) -> None:
    ran = engine("serve", "pyuwsgi-wsgi-control-auto", "--tls")
    assert ran.returncode == 2
    assert "nothing for the option 'tls'" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.service
def test_a_port_that_is_taken(engine: Engine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = engine("serve", "gunicorn-control-asyncio", "--port", str(taken.getsockname()[1]))
    assert ran.returncode == 2
    assert "cannot be had" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.service
def test_a_server_in_a_variant(begun: Callable[..., subprocess.Popen[str]]) -> None:
    process = begun(
        "serve", "hypercorn~mine-control-asyncio", "--variant", "mine: --workers 2", "--port", str(free_port())
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("hypercorn~mine-control-asyncio on ")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_target_that_there_is_not(engine: Engine) -> None:
    ran = engine("serve", "gunicorn~none-control-auto")
    assert ran.returncode == 2
    assert "no variant called 'none'" in ran.stderr
