"""The cause of bugs made on purpose, in an app and in its framework: one run with a framework of a few lines.

Its project builds without anything from an index, and `--framework NAME@FOLDER` installs it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.targets.environments.test_checkouts import BACKEND, PROJECT

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
FRAMEWORK = '''
class Tiny:
    """A framework of a few lines; a subclass has the bug."""

    def __init__(self, handler):
        self.handler = handler

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError
        if scope["path"] == "/health":  # by which the engine sees that a target is ready
            return await Tiny.respond(self, 200, b"OK", send)
        await self.respond(*await self.call(scope), send)

    async def call(self, scope):
        return await self.handler(scope)

    async def respond(self, status, body, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Raising(Tiny):
    async def call(self, scope):
        raise LookupError("no route")


class Wrong(Tiny):
    async def respond(self, status, body, send):
        await super().respond(status, body, send)
        await super().respond(status, body, send)
'''
APPS = {
    # name: the framework's class, and what the app's handler does
    "good": ("Tiny", 'return 200, b"OK"'),
    "app-raises": ("Tiny", 'return 200, {}["missing"]'),
    "framework-raises": ("Raising", 'return 200, b"OK"'),
    "framework-sends": ("Wrong", 'return 200, b"OK"'),
    "either": ("Tiny", 'return 404, b"OK"'),
}
SUITE = """\
suite: Bugs on purpose
category: bugs
level: must
cases:
  - id: headers
    title: GET /headers is answered
    cite: [SEM-01]
    steps:
      - drive:
          scope: {type: http, path: /headers}
          script: [{give: {type: http.request}}]
          expect: {sent.0.status: 200, sent.types: [http.response.start, http.response.body], returned: true}
"""


def test_the_cause_is_the_app_or_the_framework_where_that_shows(tmp_path: Path) -> None:
    project, frameworks = tmp_path / "tiny", tmp_path / "frameworks"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "backend.py").write_text(BACKEND)
    (project / "tinyserver.py").write_text(FRAMEWORK)
    frameworks.mkdir()
    for name in ("contract.yaml", "contract-wsgi.yaml"):
        shutil.copy(ROOT / "frameworks" / name, frameworks)
    shutil.copytree(ROOT / "frameworks" / "control", frameworks / "control")
    for name, (cls, handler) in APPS.items():
        folder = frameworks / name
        folder.mkdir()
        (folder / "framework.yaml").write_text(f"title: {name}\napp: app:app\npackages: [tinyserver]\noffers: []\n")
        (folder / "requirements.in").write_text("tinyserver==1.0\n")
        (folder / "requirements.lock").write_text("tinyserver==1.0\n")
        (folder / "app.py").write_text(
            f"from tinyserver import {cls}\n\nasync def handler(scope):\n    {handler}\n\napp = {cls}(handler)\n"
        )
    (tmp_path / "bugs.yaml").write_text(SUITE)
    words = [word for name in APPS for word in ("--framework", f"{name}@{project}")]
    ran = subprocess.run(
        [sys.executable, "-m", "engine", "grid", str(tmp_path / "bugs.yaml"), *words, "--server", "reference",
         "--frameworks", str(frameworks), "--results", str(tmp_path / "results")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    (path,) = (tmp_path / "results").glob("runs/*/*.json")
    found = {
        cell["target"].removeprefix("reference-").partition("@")[0]: (cell["cause"]["part"], cell["cause"]["because"])
        for one in json.loads(path.read_text())["findings"]
        for cell in one["cells"]
    }
    assert {name: part for name, (part, _) in found.items()} == {
        "app-raises": "app",
        "framework-raises": "framework",
        "framework-sends": "framework",
        "either": "",
    }
    assert found["app-raises"][1].endswith("KeyError was raised at app.py:4")
    assert "LookupError was raised at tinyserver.py:" in found["framework-raises"][1]
    assert found["framework-sends"][1].endswith("a second http.response.start, sent by tinyserver")
    for heading in ("app of app-raises@tiny", "framework framework-raises@tiny", "app or framework either@tiny"):
        assert heading in ran.stdout
