"""Suites are collected where they are requested, and a project that requests none is left as it is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import forked_pytest
from tests.pytest_plugin.conftest import PYTEST, SUITE, Ran

FOREIGN = "suite: smoke tests\ncases:\n  - name: login\n"
"""A document of another tool, which begins as a suite does."""

LOADED = """\
import sys
from pathlib import Path

OURS = {root!r}

def pytest_unconfigure():
    files = {{name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}}
    print("loaded:", sorted(name for name, file in files.items() if file.startswith(OURS)))
    print("libraries:", sorted({{"yaml", "jsonschema", "httpx", "websockets", "rich"}} & set(files)))
"""

CONFTEST = """\
import pytest

def pytest_addoption(parser):
    parser.addoption("--server", default="theirs")
    parser.addoption("--framework", default="")
    parser.addoption("--html", default="")
    parser.addoption("--results", default="")

@pytest.fixture
def server(request):
    return request.config.getoption("server")
"""

TEST = """\
import engine

def test_own(server):
    assert engine.MINE == "my engine"
    assert server in ("theirs", "named")
"""

ROOT = Path(__file__).parents[2]


def started(folder: Path, *words: str) -> Ran:
    """A new pytest in a folder, with the plugin's entry point, as ``pytest`` and ``python -m pytest`` start it."""
    ended = subprocess.run(
        [*PYTEST, "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(ended.returncode, ended.stdout + ended.stderr)


def call(folder: Path, *words: str) -> Ran:
    """pytest in a folder, in a process that has its modules: for projects without a package ``engine``."""
    ended = forked_pytest.pytest(folder, ["-p", "no:cacheprovider", *words], variables())
    return Ran(ended.returncode, ended.stdout + ended.stderr)


def variables() -> dict[str, str]:
    """The environment, without what the pytest around has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | {"COLUMNS": "160"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a package ``engine``, a folder ``specs``, and options of its own."""
    for name in ("engine", "specs", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "engine" / "__init__.py").write_text("MINE = 'my engine'\n")
    (tmp_path / "specs" / "smoke.yaml").write_text(FOREIGN)
    (tmp_path / "tests" / "data.yaml").write_text("suite: of another tool\n")
    (tmp_path / "tests" / "test_own.py").write_text(TEST)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "loaded.py").write_text(LOADED.format(root=str(ROOT / "engine")))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p loaded\n")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--server", "named", "--html", "out.html"),
        ("tests",),
        ("specs", "tests"),
        (".",),
        ("tests/test_own.py::test_own",),
        ("-n", "1"),
        ("-n", "1", "specs", "tests"),
    ],
    ids=" ".join,
)
def test_a_project_that_requests_no_suite_passes_unchanged(project: Path, words: tuple[str, ...]) -> None:
    ran = started(project, *words)
    assert ran.code == 0, ran.out
    assert "1 passed" in ran.out
    assert "warning" not in ran.out
    assert "conformance:" not in ran.out
    assert "loaded: []" in ran.out
    assert "libraries: []" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("suites",), ("suites/mine.yaml",), ("suites/mine.yaml::status[200]",), ("-o", "asgi_suites=suites"),
        ("suites", "-n", "1"),
    ],
    ids=["folder", "file", "case", "ini", "xdist"],
)  # fmt: skip
def test_a_suite_in_a_project_with_a_package_of_that_name_is_one_error(project: Path, words: tuple[str, ...]) -> None:
    (project / "suites").mkdir()
    (project / "suites" / "mine.yaml").write_text(SUITE)
    ran = started(project, *words)
    assert ran.code == 4, ran.out
    assert ran.out.count("suites cannot run here: the package 'engine' is") == 1
    assert "run them with `engine grid`" in ran.out
    assert "Traceback" not in ran.out


@pytest.mark.parametrize("words", [("suites",), ("suites/mine.yaml",)], ids=["folder", "file"])
def test_a_suite_that_cannot_run_is_the_only_error(project: Path, words: tuple[str, ...]) -> None:
    (project / "suites").mkdir()
    (project / "suites" / "mine.yaml").write_text(SUITE)
    ran = started(project, *words, "--asgi-server", "nope")
    assert ran.code == 4, ran.out
    assert "suites cannot run here" in ran.out
    assert "had no effect" not in ran.out


@pytest.mark.parametrize("words", [("--asgi-framework", "control"), ("--asgi-framework=control", "test_one.py")])
def test_an_option_without_suites_has_a_hint(other: Path, words: tuple[str, ...]) -> None:
    ran = call(other, *words)
    assert ran.code == 0, ran.out
    assert ran.out.count("--asgi-framework had no effect, since no suite was collected; name a file or a folder") == 1
    (other / "pytest.ini").write_text("[pytest]\naddopts = --asgi-framework=control\n")
    assert "had no effect" not in call(other).out
    assert "had no effect" not in call(other, "suites", "--asgi-loop=auto", "--collect-only").out


COLLECTED = 6


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A project with suites, and without a package of that name."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "mine.yaml").write_text(SUITE)
    (tmp_path / "suites" / "smoke.yaml").write_text(FOREIGN)
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), 0),
        (("-o", "testpaths=suites"), 0),
        (("test_one.py",), 0),
        (("suites",), COLLECTED),
        ((".",), COLLECTED),
        (("suites/mine.yaml",), COLLECTED),
        (("suites/mine.yaml::status",), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_command_line_requests_suites(other: Path, words: tuple[str, ...], found: int) -> None:
    ran = call(other, "--collect-only", "-q", "--asgi-framework", "control", *words)
    assert ran.out.count("[gunicorn-control-auto]") == found, ran.out


@pytest.mark.parametrize(
    ("words", "found"),
    [((), COLLECTED), (("test_one.py",), 0), (("suites",), COLLECTED), (("suites/mine.yaml",), COLLECTED)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_ini_file_requests_suites(other: Path, words: tuple[str, ...], found: int) -> None:
    (other / "suites" / "smoke.yaml").unlink()
    (other / "pytest.ini").write_text("[pytest]\nasgi_suites = suites\n")
    ran = call(other, "--collect-only", "-q", "--asgi-framework", "control", *words)
    assert ran.out.count("[gunicorn-control-auto]") == found, ran.out


@pytest.mark.parametrize("name", ["conformance_engine", "engine.pytest_plugin.plugin"])
def test_p_requests_every_suite(other: Path, name: str) -> None:
    (other / "suites" / "smoke.yaml").unlink()
    ran = call(other, "--collect-only", "-q", "-p", name, "--asgi-framework", "control")
    assert ran.out.count("[gunicorn-control-auto]") == COLLECTED, ran.out


@pytest.mark.parametrize("words", [("suites/smoke.yaml",), ("-o", "asgi_suites=suites")], ids=["file", "ini"])
def test_where_a_file_is_declared_its_mistakes_are_errors(other: Path, words: tuple[str, ...]) -> None:
    ran = call(other, "--collect-only", "-q", *words)
    assert ran.code == 2, ran.out
    assert "lacks 'category'" in ran.out or "category" in ran.out


def test_a_document_that_is_no_suite_is_named_beside_suites(other: Path) -> None:
    ran = call(other, "--collect-only", "-q", "suites")
    assert ran.out.count("suites/smoke.yaml was not collected: it begins with `suite` and lacks") == 1


def test_short_options_are_for_those_who_want_them(other: Path) -> None:
    words = ("--collect-only", "-q", "suites", "--framework", "control")
    assert call(other, *words).code == 4
    (other / "pytest.ini").write_text("[pytest]\nasgi_short_options = true\n")
    ran = call(other, *words, "--conformance-repeat", "2", "--warnings-fail", "--frameworks-dir", "nowhere")
    assert ran.code == 4
    assert "there is no contract.yaml in nowhere" in ran.out
    assert call(other, *words).out.count("[gunicorn-control-auto]") == COLLECTED


def test_a_short_option_of_another_plugin_is_a_usage_error(other: Path) -> None:
    (other / "theirs.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--server')\n")
    ran = call(other, "-p", "theirs", "-o", "asgi_short_options=true")
    assert ran.code == 4, ran.out
    assert "asgi_short_options: " in ran.out
    assert "Traceback" not in ran.out
    assert call(other, "-p", "theirs").code == 0


@pytest.mark.parametrize("words", [(), (".", "-n", "1"), ("--server", "named")], ids=" ".join)
def test_a_short_option_of_a_conftest_is_a_usage_error(other: Path, words: tuple[str, ...]) -> None:
    (other / "conftest.py").write_text(CONFTEST)
    (other / "pytest.ini").write_text("[pytest]\nasgi_short_options = true\n")
    ran = call(other, *words)
    assert ran.code == 4, ran.out
    hint = "remove the key, and write --asgi-server"
    assert ran.out.strip() == f"ERROR: asgi_short_options: a conftest.py has the option --server; {hint}"
    assert call(other, "-o", "asgi_short_options=false").code == 0
    (other / "conftest.py").write_text("import argparse\nraise argparse.ArgumentError(None, '--other')\n")
    assert "asgi_short_options" not in call(other).out
