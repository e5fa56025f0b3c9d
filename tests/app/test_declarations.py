"""Contracts and frameworks are checked like documents: every error at once, each with its place and a hint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.app import declarations
from engine.app.engine import Engine
from engine.app.linting import lint
from engine.app.project_paths import find
from engine.documents.diagnostics import Diagnostic
from engine.errors import DocumentError

ROOT = Path(__file__).parents[2]
SUITE = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - {id: a, title: A, steps: [{request: {path: /scope, expect: {status: 200}}}]}
"""


@pytest.fixture
def frameworks(tmp_path: Path) -> Path:
    """A folder of frameworks of which one may be changed."""
    folder = tmp_path / "frameworks"
    for name in ("starlette", "flask"):
        shutil.copytree(ROOT / "frameworks" / name, folder / name)
    for name in ("contract.yaml", "contract-wsgi.yaml"):
        shutil.copy(ROOT / "frameworks" / name, folder)
    return folder


def change(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")


def found(file: Path) -> list[Diagnostic]:
    return list(declarations.lint([file]).diagnostics)


def test_those_of_the_project_have_no_mistake() -> None:
    files = declarations.all_in(ROOT / "frameworks")
    assert len(files) >= 12
    loaded = declarations.lint(files)
    assert (loaded.diagnostics, loaded.files) == ((), len(files))


@pytest.mark.parametrize("name", ["contract", "framework"])
def test_the_schemas_that_editors_get_fit_those_of_the_project(name: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    files = declarations.contracts(ROOT / "frameworks")
    if name == "framework":
        files = sorted((ROOT / "frameworks").glob("*/framework.yaml"))
    for file in files:
        assert list(validator.iter_errors(yaml.safe_load(file.read_text("utf-8")))) == []


def test_every_mistake_of_a_framework(frameworks: Path) -> None:
    file = frameworks / "starlette" / "framework.yaml"
    change(
        file,
        ("[starlette]", "[starlete, starlette]"),
        ("[lifespan, state, websocket,", "[lifespan, stat,"),
        ("app: app:app", "app: main:app"),
        ("waits_for_disconnect: false", "waits_disconnect: 5"),
    )
    mistakes = [(one.code, one.what, one.hint) for one in found(file)]
    assert [(code, hint) for code, _, hint in mistakes] == [
        ("declaration", ""),
        ("declaration", "did you mean 'starlette'?"),
        ("unknown-capability", "did you mean 'state'?"),
        ("unknown-key", "did you mean 'waits_for_disconnect'?"),
        ("type", ""),
    ]
    assert mistakes[1][1] == "requirements.in has no package 'starlete'"
    lines = file.read_text("utf-8").split("\n")
    package = found(file)[1].place
    assert lines[package.line - 1][package.column - 1 :][: package.length] == "starlete"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ((("offers: []", "offers: [websocket]"),), "'websocket' is a matter of ASGI"),
        ((("offers: []", "offers: []\nwaits_for_disconnect: true"),), "`waits_for_disconnect` is a matter of ASGI"),
        ((("interface: wsgi", "interface: wsgy"),), "`interface` is one of asgi, wsgi, and not 'wsgy'"),
        ((("title: Flask\n", ""),), "a framework lacks `title`"),
    ],
)
def test_one_mistake_of_a_wsgi_framework(frameworks: Path, changes: tuple[tuple[str, str], ...], what: str) -> None:
    file = frameworks / "flask" / "framework.yaml"
    change(file, *changes)
    [one] = found(file)
    assert one.what.startswith(what)


def test_every_mistake_of_a_contract(frameworks: Path) -> None:
    file = frameworks / "contract.yaml"
    file.write_text(
        "contract: C\n"
        "endpoints:\n"
        "  - {kind: http, path: /a, summary: no method}\n"
        "  - {kind: htp, method: GET, path: /b, summary: S}\n"
        "  - {kind: http, method: GET, pth: /c, summary: S}\n"
        "  - {kind: http, method: GET, path: d, summary: S}\n"
        "  - {kind: http, method: GET, path: /e, summary: S}\n"
        "  - {kind: http, method: GET, path: /e, summary: S, deeper: 1}\n"
        "  - {kind: http, method: GET, path: /f, summary: S}\n"
        "  - {kind: http, method: GET, path: /f, summary: S}\n"
    )
    assert [(one.place.line, one.code) for one in found(file)] == [
        (3, "declaration"),
        (4, "unknown-word"),
        (5, "unknown-key"),
        (6, "form"),
        (8, "type"),
        (10, "declaration"),
    ]


def test_a_wrong_contract_is_explained_and_suites_are_not_judged_without_it(frameworks: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE.replace("/scope", "/nowhere"))
    change(frameworks / "contract.yaml", ("kind: http,", "kid: http,"))
    loaded = lint(Engine(find(frameworks=str(frameworks))), [suite])
    assert [(one.code, Path(one.place.file).name) for one in loaded.diagnostics] == [("unknown-key", "contract.yaml")]


def test_declarations_among_the_paths_are_checked_with_them(frameworks: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE)
    change(frameworks / "flask" / "framework.yaml", ("[flask", "[falsk"))
    engine = Engine(find(frameworks=str(frameworks)))
    for paths, declared in (([suite, frameworks], []), ([suite], declarations.all_in(frameworks))):
        loaded = lint(engine, paths, declared)
        assert [one.what for one in loaded.diagnostics] == ["requirements.in has no package 'falsk'"]
        assert loaded.files == 5
        assert len(loaded.sources) == 1


def test_a_bomb_of_aliases_ends_at_once(frameworks: Path) -> None:
    file = frameworks / "contract.yaml"
    levels = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(15))
    file.write_text(f"contract: C\na: &a [x]\n{levels}endpoints: *p\n")
    assert {"alias", "anchor"} <= {one.code for one in found(file)}
    with pytest.raises(DocumentError, match="aliases are not part of the language"):
        _ = Engine(find(frameworks=str(frameworks))).words
