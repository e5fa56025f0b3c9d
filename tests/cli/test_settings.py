"""A project of a user's: its settings, a server of its own, and an application, from an empty folder to a grid."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Engine

SERVER = '''\
"""A server that answers one request on each connection."""

import asyncio
import importlib
import sys


async def main(app, host, port):
    async def serve(reader, writer):
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        line, *fields = head[:-4].split(b"\\r\\n")
        method, target, _ = line.decode().split(" ")
        path, _, query = target.partition("?")
        pairs = [field.partition(b":")[::2] for field in fields]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "query_string": query.encode(), "headers": [(name.lower(), value.strip()) for name, value in pairs],
            "client": writer.get_extra_info("peername")[:2], "server": (host, port),
        }

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(event):
            if event["type"] == "http.response.start":
                writer.write(b"HTTP/1.1 %d OK\\r\\nconnection: close\\r\\n" % event["status"])
                writer.writelines(name + b": " + value + b"\\r\\n" for name, value in event["headers"])
                writer.write(b"\\r\\n")
            else:
                writer.write(event.get("body", b""))

        await app(scope, receive, send)
        writer.close()

    server = await asyncio.start_server(serve, host, port)
    await server.serve_forever()


module, _, name = sys.argv[1].partition(":")
asyncio.run(main(getattr(importlib.import_module(module), name), sys.argv[2], int(sys.argv[3])))
'''
APPLICATION = '''\
"""An application that answers one path."""

from pathlib import Path

GREETING = Path("greeting.txt").read_text()


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http")
    status = 200 if scope["path"] == "/greeting" else 404
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": GREETING.encode() if status == 200 else b""})
'''
SUITE = """\
suite: Greetings
category: shop
level: must
runs_on: applications
cases:
  - id: greeting
    title: The greeting is a text
    steps:
      - request: {path: /greeting, expect: {status: 200, body: hello}}
      - app: {expect: {scope.path: /greeting}}
  - id: farewell
    title: There is a farewell
    steps:
      - request: {path: /farewell, expect: {status: 200}}
"""
SETTINGS = """\
conformance: Shop
run:
  servers: [tiny, reference]
  suites: [suites]
servers:
  tiny:
    command: [$(python), $(folder)/server.py, $(app), $(host), $(port)]
    offers: [websocket]
applications:
  shop: {app: "shop:app", ready: /greeting}
"""


@pytest.fixture
def project(suites: Path) -> Path:
    (suites / "cases.yaml").unlink()
    (suites / ".git").mkdir()
    (suites / "suites").mkdir()
    (suites / "suites" / "greetings.yaml").write_text(SUITE)
    (suites / "conformance.yaml").write_text(SETTINGS)
    (suites / "server.py").write_text(SERVER)
    (suites / "shop.py").write_text(APPLICATION)
    (suites / "greeting.txt").write_text("hello")
    return suites


@pytest.mark.service
def test_an_application_under_a_server_of_ten_lines(engine: Engine, project: Path) -> None:
    ran = engine("grid")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "app or framework shop" in ran.stdout
    assert "suites/greetings.yaml::farewell on 2 targets (reference-shop-auto" in ran.stdout
    assert "4 results (2 cases on 2 targets): 2 passed, 2 failed" in ran.stdout
    assert "tiny: websocket is claimed, and the probe found none" in ran.stdout
    # The files of a project are not copied into a folder for others.
    ran = engine("repro", "last", "farewell", "tiny-shop-auto", "-o", "out")
    assert (ran.returncode, "belongs to this project" in ran.stderr) == (2, True), ran.stdout + ran.stderr
    assert not (project / "out").exists()
    (record,) = (project / "results" / "runs").glob("*/run.ndjson")
    rows = [json.loads(line) for line in record.read_text().splitlines()]
    assert {row["id"] for row in rows if row.get("server") in ("tiny", "reference") and row.get("application")} >= {
        "tiny-shop-auto", "reference-shop-auto"
    }  # fmt: skip


@pytest.mark.service
def test_the_command_line_wins(engine: Engine, project: Path) -> None:
    ran = engine("grid", "suites/greetings.yaml::greeting", "--server", "tiny")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 case: 1 passed" in ran.stdout


@pytest.mark.service
def test_an_application_of_the_command_line(engine: Engine, project: Path) -> None:
    ran = engine(
        "grid", "suites/greetings.yaml::greeting", "--settings", "none", "--app", "shop:app", "--server", "reference"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 case: 1 passed" in ran.stdout


def test_lint_reads_the_settings_and_what_they_name(engine: Engine, project: Path) -> None:
    ran = engine("lint")
    assert (ran.returncode, ran.stdout) == (0, "All good: 2 files, 2 cases\n"), ran.stdout + ran.stderr
    (project / "conformance.yaml").write_text(SETTINGS.replace("$(port)", "$(prot)").replace("shop:app", "chop:app"))
    ran = engine("lint")
    assert ran.returncode == 1
    assert "conformance.yaml:7:64: error[unknown-placeholder]: unknown placeholder $(prot)" in ran.stdout
    assert "did you mean 'port'?" in ran.stdout


def test_an_error_of_the_settings_is_reported_by_every_command(engine: Engine, project: Path) -> None:
    (project / "conformance.yaml").write_text("conformance: Shop\nserver: {}\n")
    for words in (("grid",), ("list", "servers"), ("show", "suites/greetings.yaml::greeting")):
        ran = engine(*words)
        assert ran.returncode == 2, ran.stdout
        assert "conformance.yaml:2:1: unknown key 'server'" in ran.stderr or "conformance.yaml:2" in ran.stderr
        assert "Traceback" not in ran.stderr


def test_the_servers_of_a_project_are_listed(engine: Engine, project: Path) -> None:
    ran = engine("list", "servers")
    assert "tiny" in ran.stdout
    assert "shop" in engine("list", "frameworks").stdout


def pytest_in(project: Path, *words: str) -> tuple[int, str]:
    import subprocess

    from tests.cli.conftest import clean

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=project, env=clean(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.service
def test_pytest_reads_the_settings_too(project: Path) -> None:
    code, output = pytest_in(project, "suites")
    assert code == 1, output
    assert "2 failed, 2 passed" in output
    code, output = pytest_in(project, "suites", "--asgi-server", "tiny", "-k", "not farewell")
    assert code == 0, output
