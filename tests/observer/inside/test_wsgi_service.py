"""Only this folder, under another name, in a process of its own, for a WSGI app."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine.observer.inside
from engine.observer.spool import ObserverSpool

APP = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [name.encode() for name in sorted(environ) if name.startswith("HTTP_")]
"""
CALL = """
import sys
from engine_inside.wsgi_service import app
environ = {"PATH_INFO": "/", "HTTP_A": "b", "HTTP_X_ENGINE_CALL": "j1.1", "HTTP_X_ENGINE_PEER": "::1:5"}
result = app(environ, lambda status, headers: print)
print(b" ".join(result).decode())
result.close()
assert not [name for name in sys.modules if name == "engine" or name.startswith("engine.")]
assert "asyncio" not in sys.modules
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
    # A WSGI app plays no scripts, and minds no variable that says so.
    environment["ENGINE_PLAYS"] = "1"
    command = [sys.executable, "-W", "error", "-c", CALL]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def test_it_serves_and_records(alone: Path) -> None:
    done = run(alone, "some_app:app")
    assert (done.stderr, done.stdout) == ("", "HTTP_A\n")
    spool = ObserverSpool(alone / "spool")
    spool.refresh()
    (call,) = spool.calls(token="j1.1")
    assert (call.returned, call.peer) == (True, ("::1", 5))
    assert spool.workers()[0].loop == ""


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
