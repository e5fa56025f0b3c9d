"""The completion of shells: the answers of the engine, and a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.completion import NAMES, SHELLS, words_of
from engine.cli.main import commands, main, parser
from tests.caches import with_documents
from tests.cli.conftest import ENGINE, clean


def completions(line: str, cwd: Path) -> set[str]:
    """The completions of a line, as the script asks for them."""
    out = cwd / "completions"
    env = clean() | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "ENGINE_CACHE": str(with_documents(cwd / "cache")),
    }
    subprocess.run(ENGINE, cwd=cwd, env=env, check=True, capture_output=True)
    return set(filter(None, out.read_text().split("\013")))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("engine gri", {"grid"}),
        ("engine grid --framew", {"--framework", "--frameworks"}),
        ("engine grid --loop u", {"uvloop"}),
        ("engine grid --server hyper", {"hypercorn"}),
        ("engine grid --server gunicorn~", {"gunicorn~two-workers"}),
        ("engine grid --framework starl", {"starlette"}),
        ("engine grid --gateway nginx-u", {"nginx-uwsgi"}),
        ("engine grid --category http-w", {"http-wire"}),
        ("engine grid cases.yaml::g", {"cases.yaml::good"}),
        ("engine list clau", {"clauses"}),
        ("engine explain las", {"last"}),
        ("engine serve hypercorn-starl", {f"hypercorn-starlette-{loop}" for loop in ("auto", "asyncio", "uvloop")}),
        ("engine lock hyper", {"hypercorn"}),
        ("engine history G0", {"G01", "G03", "G04", "G07", "G09"}),
        ("engine completion z", {"zsh"}),
        ("engine report --format ", {"markdown", "json", "csv", "junit", "github", "html"}),
        ("engine compare last --format t", {"text"}),
        ("engine explain --format j", {"json"}),
        ("engine lint --format g", {"github"}),
        ("engine new f", {"framework"}),
        ("engine new --interface w", {"wsgi"}),
        ("engine grid cases.yaml --server hyper", {"hypercorn"}),
        ("engine list cases --level must cases.yaml::g", {"cases.yaml::good"}),
    ],
)
def test_words_are_completed(line: str, expected: set[str], suites: Path) -> None:
    found = {one.rstrip() for one in completions(line, suites)}
    assert found >= expected
    assert all(one.startswith(line.rpartition(" ")[2]) for one in found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("engine list cl", {"clauses"}),
        ("engine report --format ", {"markdown", "json", "csv", "junit", "github", "html"}),
        ("engine new s", {"server", "suite"}),
        ("engine new suite c", set()),
    ],
)
def test_nothing_else_is_completed(line: str, expected: set[str], suites: Path) -> None:
    assert {one.rstrip() for one in completions(line, suites)} == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "engine" in capsys.readouterr().out


def test_every_name_is_of_an_option_or_an_argument() -> None:
    known = set[str]()
    for name, one in parser(commands()).commands.items():
        for action in one._actions:
            known.update(words_of(name, action))
    assert set(NAMES) <= known


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_a_real_bash_completes(suites: Path) -> None:
    (suites / "engine").write_text(f'#!/bin/sh\nexec {sys.executable} -m engine "$@"\n')
    (suites / "engine").chmod(0o755)
    script = """
        source <(engine completion bash)
        COMP_LINE="engine grid --framework starl" COMP_POINT=29 COMP_TYPE=9
        _python_argcomplete engine
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    env = clean() | {"PATH": f"{suites}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-c", script], cwd=suites, env=env, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "starlette", ran.stderr
