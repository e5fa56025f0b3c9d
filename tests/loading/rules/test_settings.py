"""The rules of documents of settings: each error with its place."""

from __future__ import annotations

import pytest

from engine.app.settings import schema_names
from engine.documents.diagnostics import Notes
from engine.loading.rules.settings import check
from tests.loading.helpers import node

RIGHT = "[$(python), s.py, $(app), $(host), $(port)]"


def found(text: str) -> list[tuple[str, int, str, str]]:
    """The code, the line, the sentence and the hint of each error."""
    notes = Notes()
    check(node("conformance: A\n" + text), schema_names(), notes)
    return [(one.code, one.place.line, one.what, one.hint) for one in notes.sorted()]


def server(command: str = RIGHT, more: str = "") -> str:
    return f"servers:\n  tiny:\n    command: {command}\n{more}"


@pytest.mark.parametrize(
    "command",
    [RIGHT, "[s, $(app), $(address)]", "[s, $(app), $(socket)]", "[s, $(app), --fd, $(descriptor)]",
     "[s, --app=$(app), --bind, 'tcp://$(address)', --loop, $(loop), -w, $(workers), $(folder)]"],
)  # fmt: skip
def test_commands_without_errors(command: str) -> None:
    assert found(server(command)) == []


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("[s, $(host), $(port)]", "placeholder", "does not have `$(app)`"),
        ("[s, $(app)]", "placeholder", "does not say where the server listens"),
        ("[s, $(app), $(prot)]", "unknown-placeholder", "unknown placeholder $(prot)"),
        ("[s, $(ap), $(port)]", "unknown-placeholder", "unknown placeholder $(ap)"),
    ],
)
def test_wrong_commands(command: str, code: str, words: str) -> None:
    errors = found(server(command))
    assert (code, 4) in [one[:2] for one in errors]
    assert any(words in one[2] for one in errors)
    assert len(errors) == 1
    assert errors[0][3]


def test_an_unknown_placeholder_has_the_nearest_one_as_its_hint() -> None:
    ((_, _, _, hint),) = found(server("[s, $(app), $(port), $(lop)]"))
    assert hint == "did you mean 'loop'?"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{workers: [-w, $(value)]}", []),
        ("{listen: {ipv4: [-b, $(host)], unix: [-u, $(socket)]}}", []),
        ("{limits: {head: [-h, $(value)]}, ping: {interval: [-p, $(milliseconds)]}}", []),
        ("{tls: [-c, $(certificate), -k, $(key)]}", []),
        ("{tls: {required: [$(authority)]}}", []),
        ('{lifespan: {auto: [], "off": [-l]}}', []),
        ("{listen: [-b]}", ["option"]),
        ("{limits: [-h]}", ["option"]),
        ("{listen: {ipv5: [-b]}}", ["option"]),
        ("{limits: {heads: [-h]}}", ["option"]),
        ("{lifespan: {maybe: []}}", ["option"]),
        ("{workers: [-w, $(workers)]}", ["unknown-placeholder"]),
        ("{workers: [-w, $(certificate)]}", ["unknown-placeholder"]),
        ("{keep_alive: {x: [-w, $(prot)]}}", ["unknown-placeholder"]),
    ],
)
def test_options(options: str, expected: list[str]) -> None:
    assert [code for code, *_ in found(server(more=f"    options: {options}\n"))] == expected


def test_loops_need_their_placeholder() -> None:
    assert [code for code, *_ in found(server(more="    loops: [asyncio, uvloop]\n"))] == ["placeholder"]
    assert found(server(more="    loops: [asyncio]\n")) == []


def test_requirements_have_the_form_of_pip() -> None:
    assert found(server(more="    requires: [h11>=0.14]\n")) == []
    assert [(code, line) for code, line, *_ in found(server(more="    requires: [.]\n"))] == [("requirement", 5)]


def test_names() -> None:
    assert [code for code, *_ in found("servers:\n  Tiny_1:\n    command: " + RIGHT)] == ["name"]
    assert [code for code, *_ in found('applications:\n  My_app: {app: "a:b"}')] == ["name"]
    both = server() + 'applications:\n  tiny: {app: "a:b"}'
    assert [(code, line) for code, line, *_ in found(both)] == [("duplicate-id", 6)]
