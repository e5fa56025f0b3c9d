"""pytest runs in a process of its own, on a folder of suites outside the checkout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked_pytest

PYTEST = (sys.executable, "-m", "pytest", *forked_pytest.PLUGINS)
SHORT = ("-o", "asgi_short_options=true")
"""Options under the names that `engine grid` has for them."""

SUITE = """\
suite: A first suite
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: type-is-http
    title: The type is http
    tags: [quick]
    steps:
      - request: {path: /scope, expect: {json.type: http}}
  - id: status
    title: The status is $(code)
    matrix: {code: [200, 404]}
    steps:
      - request: {path: /status/$(code), expect: {status: {var: code}}}
  - id: wrong
    title: A case that fails
    steps:
      - request: {path: /scope, expect: {status: 201}}
  - id: warned
    title: A case that warns
    steps:
      - request: {path: /scope, expect: {status: 200}, should: {header.x-none: {present: true}}}
  - id: unsupported
    title: A case that is left out
    skip: [{frameworks: [control], because: it has none}]
    steps:
      - request: {path: /scope, expect: {status: 200}}
"""

SECOND = """\
suite: A second suite
category: second
cite: [SCOPE-01]
level: should
cases:
  - id: only-a-should
    title: A should that is not met
    steps:
      - request: {path: /health, expect: {status: 299}}
  - id: health
    title: Health
    steps:
      - request: {path: /health, expect: {status: 200}}
"""


@dataclass(frozen=True)
class Ran:
    """A pytest that has ended."""

    code: int
    out: str

    def counts(self, *words: str) -> bool:
        """True if the last line has all of these."""
        last = self.out.strip().splitlines()[-1]
        return all(word in last for word in words)


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "first.yaml").write_text(SUITE)
    (folder / "second.yaml").write_text(SECOND)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = quick: of this test\n")
    return folder


Run = Callable[..., Ran]


@pytest.fixture
def run(suites: Path) -> Run:
    def call(*arguments: str, path: str = "suites", counterparts: bool = False) -> Ran:
        # Every failure would start another server: few tests are about that.
        arguments += () if counterparts else ("--asgi-no-counterparts",)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        variables["COLUMNS"] = "160"
        words = (path, "--asgi-framework", "control", *arguments)
        ended = forked_pytest.pytest(suites.parent, words, variables)
        return Ran(ended.returncode, ended.stdout + ended.stderr)

    return call
