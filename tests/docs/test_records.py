"""The records of a terminal: their commands exist with their options, their documents are valid, and the cases and
clauses that they show are those of the corpus."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from engine.app.engine import Engine
from engine.app.linting import lint
from engine.app.project_paths import find
from engine.cli.main import commands, parser
from engine.cli.parsing import UsageMistake

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text("utf-8") for name in ("records", "scale", "own", "gate")}
RECORDED = re.compile(r"^\$ (?:.*&& )?(?:\.venv/bin/)?(engine [^;|\n]*)", re.MULTILINE)
CASE = re.compile(r"\b(specs/[a-z0-9/-]+\.yaml)::([a-z0-9-]+)")


def recorded(text: str) -> list[str]:
    """The commands of the engine in the records of a page."""
    return [line.strip() for line in RECORDED.findall(text)]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("page", ["records", "scale"])
def test_each_command_exists_with_its_options(page: str) -> None:
    lines = recorded(PAGES[page])
    assert len(lines) > 5
    for line in lines:
        parser(commands()).parse(shlex.split(line)[1:])


def test_the_indented_commands_of_own_code_and_the_gate_exist() -> None:
    lines = [
        line.strip() for page in ("own", "gate") for line in PAGES[page].splitlines() if line[:11] == "    engine "
    ]
    assert len(lines) > 8
    for line in lines:
        parser(commands()).parse(shlex.split(line)[1:])


def test_a_command_that_does_not_exist_is_found() -> None:
    assert recorded("$ python3 -m venv x && .venv/bin/engine grid --loup both; echo $?\nengine x\n") == [
        "engine grid --loup both"
    ]
    with pytest.raises(UsageMistake):
        parser(commands()).parse(["grid", "--loup", "both"])


def test_the_cases_that_records_show_exist() -> None:
    found = set(CASE.findall(PAGES["records"]))
    assert len(found) > 5
    engine = Engine(find())
    loaded = engine.load([engine.project_paths.root / path for path in sorted({path for path, _ in found})])
    known = {case.address.partition("[")[0] for suite in loaded.suites for case in suite.cases}
    assert {f"{path}::{name}" for path, name in found} <= known


def test_the_documents_of_records_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shop.py").touch()
    texts = blocks(PAGES["records"], "yaml")
    assert len(texts) == 2
    for number, text in enumerate(texts):
        name = "conformance.yaml" if text.startswith("conformance:") else f"suite-{number}.yaml"
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    found = lint(Engine(find()), [Path("conformance.yaml"), Path("suite-1.yaml")])
    assert (found.diagnostics, found.cases, len(found.settings)) == ((), 5, 1)
