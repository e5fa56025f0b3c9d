"""Only this folder, under another name, in a process of its own: as in a target."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine.observer.inside
from engine.observer.spool import ObserverSpool

APP = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "x", "names": [name for name, _ in scope["headers"]]})
"""
CALL = """
import asyncio, sys
from engine_inside.service import app
async def receive(): return {"type": "http.request"}
async def send(message): print(message["names"])
scope = {"type": "http", "path": "/", "headers": [(b"x-engine-call", b"j1.1"), (b"a", b"b")], "client": ("::1", 1)}
asyncio.run(app(scope, receive, send))
assert not [name for name in sys.modules if name == "engine" or name.startswith("engine.")]
"""


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    (source,) = engine.observer.inside.__path__
    shutil.copytree(source, tmp_path / "engine_inside", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "some_app.py").write_text(APP)
    ObserverSpool.create(tmp_path / "spool")
    return tmp_path


def run(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(folder), "ENGINE_DESK": str(folder / "spool"), "ENGINE_APP": name}
    command = [sys.executable, "-W", "error", "-c", CALL]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def test_it_serves_and_records(alone: Path) -> None:
    done = run(alone, "some_app:app")
    assert (done.stderr, done.stdout) == ("", "[b'a']\n")
    spool = ObserverSpool(alone / "spool")
    spool.refresh()
    (call,) = spool.calls(token="j1.1")
    assert call.returned is True
    assert spool.workers()[0].python == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such_module:app", "engine: the app 'no_such_module:app' cannot be loaded: ModuleNotFoundError: No module"),
        ("some_app:other", "engine: the app 'some_app:other' cannot be loaded: Misled: the module 'some_app' has no"),
        ("", "engine: the app '' cannot be loaded: Misled: ENGINE_APP is not set"),
    ],
)
def test_an_app_that_cannot_be_loaded_is_named_in_the_log(alone: Path, name: str, why: str) -> None:
    done = run(alone, name)
    assert done.returncode != 0
    assert done.stderr.startswith(why)
