"""The linter never raises, whatever a document says: real documents, changed at random.

Texts are changed by characters and lines, trees by values: each is replaced by odd ones, moved, renamed or dropped. The
seeds are fixed, so a failure comes again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.documents.composer import compose
from engine.documents.diagnostics import Notes
from engine.documents.files import SourceText
from engine.loading.documents import load_text
from engine.loading.vocabulary import Vocabulary
from engine.terminal import lint_output
from tests.extended import some

SPECS = Path(__file__).parents[2] / "specs"
TEXTS, TREES = 150, 350

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 10**30, 1.5, "", " ", "x", "$(x)", "$(code)", "$$(", "${x}", "200", "1s", "5KiB",
    "9" * 60,
    "9" * 500 + "GiB", "(", "[", "a{4294967296}", "\u0000", "\ud7ff", "é", "x" * 300, "/", "a.b.c", "...", ".",
    "header.",
    "json.", "result.", "scope.headers.", [], {}, [[]], [{}], {"": 1}, {"var": "x"}, {"var": 5},
    {"var": "x", "plus": "y"},
    {"var": "code", "plus": 1}, {"equals": {"$b": 1}}, {"not": {"not": {"not": 5}}}, {"any_of": []}, {"items": 5},
    {"fields": []}, {"hex": "0"}, {"base64": "!"}, {"fill": {"size": "1TiB"}}, {"times": {"of": "x", "count": 10**12}},
    {"latin1": "\u20ac"}, {"deflated": {"of": {"hex": "zz"}}}, {"matches": "(?P<a>x)(?P<a>y)"},
    ["a", ["b", {"c": "d"}]],
    {"type": "http.response.start", "status": "x"}, {"is": "x"}, {"length": {"at_least": "1s"}}, {"plus": 1},
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    return Engine(find()).words.loading


@cache
def documents() -> list[str]:
    return [path.read_text("utf-8") for path in sorted(SPECS.rglob("*.yaml"))]


@cache
def trees() -> list[dict[str, Any]]:
    found = []
    for text in documents():
        root = compose(SourceText("f.yaml", text), Notes())
        assert root is not None
        plain = root.plain()
        assert isinstance(plain, dict)
        if "cases" in plain:
            plain["cases"] = plain["cases"][:5]
        elif "list" in plain:
            plain["list"] = plain["list"][:5]
        found.append(plain)
    return found


def changed_text(rng: random.Random) -> str:
    """A document's text with a few changes."""
    lines = rng.choice(documents()).split("\n")[:120]
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        line = lines[at]
        column = rng.randrange(len(line) + 1)
        match rng.randrange(7):
            case 0:
                lines[at] = line[:column] + line[column + 1 :]
            case 1:
                lines[at] = line[:column] + rng.choice("{}[]:,#&*!|>'\"%@` \t-?~$()\\\u00e9") + line[column:]
            case 2:
                lines[at] = " " * rng.randint(1, 4) + line
            case 3:
                lines[at] = line.lstrip()
            case 4:
                lines.insert(at, rng.choice(lines))
            case 5:
                del lines[at]
                lines.append("")
            case 6:
                lines[at], other = rng.choice(lines), rng.randrange(len(lines))
                lines[other] = line
    return "\n".join(lines)


def changed_tree(rng: random.Random) -> str:
    """A document with a few of its values changed, as JSON, which is YAML as well."""
    tree: Any = deepcopy(rng.choice(trees()))
    for _ in range(rng.randint(1, 4)):
        places = list(holders(tree))
        holder, key = rng.choice(places)
        match rng.randrange(6):
            case 0 | 1 | 2:
                holder[key] = deepcopy(rng.choice(ODD))
            case 3:
                del holder[key]
            case 4:
                other, name = rng.choice(places)
                holder[key] = deepcopy(other[name])
            case 5 if isinstance(holder, dict):
                holder[rng.choice(["", "x", "expect", "var", "$(x)", "<<", str(key) + "x"])] = holder.pop(key)
    return json.dumps(tree, indent=rng.choice([None, 1]), ensure_ascii=rng.random() < 0.5)


def holders(value: Any) -> Any:
    """Every place of a tree: what holds it, and its key or index."""
    for key, child in list(value.items()) if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(child, (dict, list)):
            yield from holders(child)


def check(text: str) -> None:
    """Lint a document and print the result: nothing raises, and each error is inside the document."""
    loaded = load_text(text, vocabulary())
    lines = text.split("\n")
    for one in loaded.diagnostics:
        assert one.code, one
        assert one.what, one
        assert 1 <= one.place.line <= len(lines), one
        assert 1 <= one.place.column <= len(lines[one.place.line - 1]) + 1, one
    assert lint_output.text(loaded.diagnostics, {"text.yaml": text}, files=1, cases=0)


def found_by(change: Callable[[random.Random], str], seed: int) -> None:
    check(change(random.Random(seed)))


@pytest.mark.parametrize("tenth", some(range(10), 3))
def test_changed_texts(tenth: int) -> None:
    for seed in range(tenth, TEXTS, 10):
        found_by(changed_text, seed)


@pytest.mark.parametrize("tenth", some(range(10), 3))
def test_changed_trees(tenth: int) -> None:
    for seed in range(tenth, TREES, 10):
        found_by(changed_tree, seed)
