"""``engine serve``: a target on a port of the user's choice, until it is stopped."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ENGINE, Engine, clean


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
    assert "does not support the option 'tls'" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.service
def test_a_port_that_is_taken(engine: Engine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = engine("serve", "gunicorn-control-asyncio", "--port", str(taken.getsockname()[1]))
    assert ran.returncode == 2
    assert "is not available" in ran.stderr
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


@pytest.mark.parametrize("port", ["-1", "65536", "99999"])
def test_a_port_that_there_is_not(engine: Engine, port: str) -> None:
    ran = engine("serve", "gunicorn-control-auto", "--port", port)
    assert ran.returncode == 2
    assert f"port {port} is out of range" in ran.stderr
    assert ran.stdout == ""


def test_nothing_to_serve(engine: Engine) -> None:
    ran = engine("serve")
    assert ran.returncode == 2
    assert "name a TARGET, or a case with --case" in ran.stderr


def address(process: subprocess.Popen[str]) -> tuple[str, int]:
    """The address that a started target prints."""
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r" on http://([\d.]+):(\d+) ", first)
    assert found is not None, first
    return found[1], int(found[2])


def until(process: subprocess.Popen[str], words: str, times: int) -> str:
    """The output until some words have occurred a number of times. Fails if they do not within 20 s."""
    assert process.stdout is not None
    timer = threading.Timer(20, process.kill)
    timer.start()
    text = ""
    while text.count(words) < times and (line := process.stdout.readline()):
        text += line
    timer.cancel()
    assert text.count(words) == times, text
    return text


def written(process: subprocess.Popen[str]) -> str:
    """The rest of the output, to the end. ``communicate`` would miss data buffered after the first line."""
    assert process.stdout is not None
    text = process.stdout.read()
    process.wait(20)
    return text


def scope_of(host: str, port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://{host}:{port}/scope", timeout=10) as response:
        found: dict[str, Any] = json.load(response)
    return found


# One that is handed a socket, one that binds its port itself, and one behind a gateway.
@pytest.mark.service
@pytest.mark.parametrize(
    "target", ["gunicorn-control-asyncio", "hypercorn-control-asyncio", "gunicorn-control-asyncio-nginx-http"]
)
def test_port_0_is_any_port_and_the_one_that_is_told(begun: Callable[..., subprocess.Popen[str]], target: str) -> None:
    host, port = address(process := begun("serve", target, "--port", "0"))
    assert port > 0
    found = scope_of(host, port)
    if "nginx" not in target:
        assert found["server"] == [host, port]
    process.send_signal(signal.SIGTERM)
    rest = written(process)
    if target.startswith("gunicorn") and "nginx" not in target:
        assert f"Listening at: http://{host}:{port} " in rest


@pytest.mark.service
@pytest.mark.parametrize("target", ["hypercorn-control-asyncio", "gunicorn-control-asyncio-nginx-http"])
def test_the_port_is_bound_by_whom_clients_connect_to(
    begun: Callable[..., subprocess.Popen[str]], engine: Engine, target: str
) -> None:
    port = free_port()
    host, bound = address(process := begun("serve", target, "--port", str(port)))
    assert bound == port
    assert scope_of(host, port)["path"] == "/scope"
    ran = engine("serve", target, "--port", str(port))
    assert ran.returncode == 2
    assert f"port {port} is not available: Address already in use" in ran.stderr
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.service
def test_in_the_background_of_a_script_it_heeds_an_interrupt(tmp_path: Path) -> None:
    # A shell without job control starts what it runs in the background with SIGINT ignored.
    script = tmp_path / "serve.sh"
    script.write_text(
        f"{shlex.join(ENGINE)} serve gunicorn-control-auto --port 0 > out.txt &\n"
        "until grep -q 'Ctrl-C ends it' out.txt; do sleep 0.1; done\n"
        "kill -INT $!\nwait $!\n"
    )
    ran = subprocess.run(["sh", script], cwd=tmp_path, env=clean(), timeout=60, check=False)
    assert ran.returncode == 0


SCRIPTED = """\
suite: Scripted
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: plays
    title: The application plays a script
    application:
      lifespan:
        - receive: {}
        - set: {scope: {state.greeting: hello}}
        - send: {type: lifespan.startup.complete}
        - receive: {}
        - send: {type: lifespan.shutdown.complete}
      http:
        - get: {scope: state.greeting}
        - respond: {status: 299, headers: [[content-length, "5"], [x-here, "$(host)"]], body: hello}
    server: {workers: 2, root_path: /below}
    steps:
      - request: {path: /, expect: {status: 299}}
"""


@pytest.mark.service
def test_a_case_is_served_with_its_script_and_its_options(
    begun: Callable[..., subprocess.Popen[str]], suites: Path
) -> None:
    (suites / "scripted.yaml").write_text(SCRIPTED)
    host, port = address(process := begun("serve", "--case", "scripted.yaml::plays", "--port", str(free_port())))
    # For each request, the first and the later ones, and for whichever worker takes it.
    for _ in range(4):
        with urllib.request.urlopen(f"http://{host}:{port}/below/x", timeout=10) as response:
            assert (response.status, response.read()) == (299, b"hello")
            assert response.headers["x-here"] == f"{host}:{port}"
    # One worker may have answered all of that before the other came.
    rest = until(process, "Booting worker", 2)
    process.send_signal(signal.SIGTERM)
    rest += written(process)
    assert process.returncode == 0
    assert "the application plays the script of scripted.yaml::plays" in rest


def test_a_case_on_a_target_that_it_is_not_meant_for(engine: Engine, suites: Path) -> None:
    (suites / "scripted.yaml").write_text(SCRIPTED.replace("    title", "    runs_on: control\n    title"))
    ran = engine("serve", "--case", "scripted.yaml::plays", "gunicorn-starlette-auto")
    assert ran.returncode == 2
    assert "is not meant for gunicorn-starlette-auto: only the bare app plays its script" in ran.stderr
    assert "engine show" in ran.stderr


def test_a_case_with_options_that_the_server_lacks(engine: Engine, suites: Path) -> None:
    (suites / "scripted.yaml").write_text(SCRIPTED)
    ran = engine("serve", "--case", "scripted.yaml::plays", "daphne-control-auto")
    assert ran.returncode == 2
    assert "daphne cannot use workers: it is one process" in ran.stderr


def test_a_target_that_there_is_not(engine: Engine) -> None:
    ran = engine("serve", "gunicorn~none-control-auto")
    assert ran.returncode == 2
    assert "no variant called 'none'" in ran.stderr
