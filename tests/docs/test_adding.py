"""docs/adding.md, recipe by recipe: its files are written into a copy of the checkout, and its commands run there.

A block whose first line names a file (```` ```python engine/matchers/multiples.py ````) is that file. In a ``console``
block each line after ``$`` is a command; the lines below it must occur in its output, in their order. Nothing is
written outside the copy.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDING = ROOT / "docs" / "adding.md"
COPIED = ("engine", "frameworks", "specs", "schemas")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands that start services.
STARTING = ("grid", "serve", "gateways")


@dataclass(slots=True)
class Recipe:
    """One section: its files by path, and its commands, each with the lines that its output must contain."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    commands: list[tuple[list[str], list[str]]] = field(default_factory=list)


def recipes(text: str) -> Iterator[Recipe]:
    """The sections that have a file."""
    for section in text.split("\n## ")[1:]:
        recipe = Recipe(section.partition("\n")[0])
        for language, path, body in BLOCK.findall(section):
            if path:
                recipe.files[path] = body
            elif language == "console":
                for line in body.splitlines():
                    if line.startswith("$ "):
                        recipe.commands.append((line[2:].split(), []))
                    else:
                        recipe.commands[-1][1].append(line)
        if recipe.files:
            yield recipe


RECIPES = list(recipes(ADDING.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def performed(recipe: Recipe, checkout: Path, *, starting: bool, cache: Path | None = None) -> None:
    """Write the files of all recipes, then run those commands of one that start services, or those that do not."""
    for one in RECIPES:
        for path, text in one.files.items():
            file = checkout / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "COLUMNS": "200"} | ({"ENGINE_CACHE": str(cache)} if cache is not None else {})
    for command, expected in recipe.commands:
        if (command[1] in STARTING) is starting:
            words = [sys.executable, "-m", *command]
            ran = subprocess.run(
                words, check=False, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120
            )
            assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}{ran.stderr}"
            missing = lacking(ran.stdout + ran.stderr, expected)
            assert not missing, f"{' '.join(command)} does not print {missing!r}:\n{ran.stdout}{ran.stderr}"


def lacking(output: str, expected: list[str]) -> str:
    """The first expected line that no line of the output contains, behind the line of the one before it; "" if none."""
    lines = iter(output.splitlines())
    return next((line for line in expected if not any(line in one for one in lines)), "")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_is_true_to_the_letter(recipe: Recipe, checkout: Path, tmp_path: Path) -> None:
    performed(recipe, checkout, starting=False, cache=tmp_path / "cache")


@pytest.mark.service
@pytest.mark.parametrize(
    "recipe",
    [one for one in RECIPES if any(words[1] in STARTING for words, _ in one.commands)],
    ids=lambda one: one.title,
)
def test_a_recipe_runs_on_a_service(recipe: Recipe, checkout: Path) -> None:
    performed(recipe, checkout, starting=True)


def test_each_row_of_the_table_has_a_recipe() -> None:
    text = ADDING.read_text(encoding="utf-8")
    rows = {f"A {match[1]}" for match in re.finditer(r"^\| an? ([a-z ]+) \|", text, re.MULTILINE)}
    assert rows == {one.title for one in RECIPES}


def test_the_reading_of_recipes_can_fail() -> None:
    text = "# T\n\n## A thing\n\n```python a/b.py\nx = 1\n```\n\n```console\n$ engine list a\nb\nc\n```\n\n## Other\n"
    (recipe,) = recipes(text)
    assert recipe == Recipe("A thing", {"a/b.py": "x = 1\n"}, [(["engine", "list", "a"], ["b", "c"])])
    assert lacking("a b\nc\n", ["b", "c"]) == ""
    assert lacking("c\nb\n", ["b", "c"]) == "c"
