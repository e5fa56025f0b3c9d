"""Every error in one run: two errors that are found separately are found together.

The test takes real suites, and makes two independent errors in each. The linter's message about one must not depend on
the other.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
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
from tests.extended import some

SPECS = Path(__file__).parents[3] / "specs"
PAIRS = 150
SUITES = 24
"""The number of suites, spread over the corpus: composing all of them takes as long as the tests."""

Way = tuple[str | int, ...]


@cache
def vocabulary() -> Vocabulary:
    return Engine(find()).words.loading


@cache
def suites() -> dict[str, dict[str, Any]]:
    """Suites of the corpus as plain values; a smaller one is checked sooner."""
    found = {}
    every = sorted(SPECS.rglob("*.yaml"))
    for path in every[:: len(every) // SUITES]:
        text = path.read_text("utf-8")
        root = compose(SourceText(path.name, text), Notes())
        if text.startswith(("suite:", "# yaml-language-server")) and root is not None and "cases" in root:
            plain = root.plain()
            assert isinstance(plain, dict)
            found[path.name] = {**plain, "cases": plain["cases"][:4]}
    return found


def mistakes(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Code and words of everything that is wrong; places move with the text. JSON is YAML as well."""
    loaded = load_text(json.dumps(document, indent=1), vocabulary())
    return {(one.code, one.what) for one in loaded.diagnostics}


def at(document: Any, way: Way) -> Any:
    for part in way:
        document = document[part]
    return document


def mappings(document: dict[str, Any], kind: str) -> list[Way]:
    """The paths to the bodies of all steps of a step type, and for ``case`` to all cases."""
    found: list[Way] = []

    def walk(value: Any, way: Way) -> None:
        for key, child in entries(value):
            if key == kind and isinstance(child, dict) and way and isinstance(way[-1], int):
                found.append((*way, key))
            if key not in ("matrix", "application", "expect", "should", "body"):
                walk(child, (*way, key))

    walk(document["cases"], ("cases",))
    return [("cases", index) for index in range(len(document["cases"]))] if kind == "case" else found


def entries(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


@dataclass(frozen=True)
class Mutation:
    """An error: the steps in whose body it can be made, and the change. ``make`` changes the body."""

    kind: str
    make: Callable[[dict[str, Any]], object]
    unless: str = "bogus_zz"

    def places(self, document: dict[str, Any]) -> list[Way]:
        """The ways to the bodies in which it can be made: not in a case that has the key ``unless``."""
        return [way for way in mappings(document, self.kind) if self.unless not in document["cases"][way[1]]]


def set_key(*path: str, to: object) -> Callable[[dict[str, Any]], object]:
    """Sets a key of a mapping, whose mappings on the way are made where there are none."""

    def make(body: dict[str, Any]) -> None:
        for name in path[:-1]:
            inner = body.get(name)
            body[name] = inner if isinstance(inner, dict) else {}
            body = body[name]
        body[path[-1]] = to

    return make


def add_step(step: object) -> Callable[[dict[str, Any]], object]:
    return lambda case: case["steps"].append(step)


def drop(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda body: body.pop(name)


ASKED = {"path": "/health", "expect": {"status": 200}}
MUTATIONS = {
    "no title": Mutation("case", drop("title")),
    "note that is no text": Mutation("case", set_key("note", to=5)),
    "id that is none": Mutation("case", set_key("id", to="Not An Id")),
    "unknown key of a case": Mutation("case", set_key("bogus_zz", to=1)),
    "unknown clause": Mutation("case", set_key("cite", to=["NOBODY-99"])),
    "unknown server": Mutation("case", set_key("only", "servers", to=["nobody-zz"])),
    "unknown capability": Mutation("case", set_key("needs", to=["telepathy"])),
    "timeout without unit": Mutation("case", set_key("timeout", to=5)),
    "level": Mutation("case", set_key("level", to="shall")),
    "unknown dependency": Mutation("case", set_key("depends_on", to=["missing-zz"])),
    "unused variable": Mutation("case", set_key("matrix", "unused_zz", to=[1])),
    "unknown step": Mutation("case", add_step({"bogus_zz": {}})),
    "step of two keys": Mutation("case", add_step({"request": {"path": "/health"}, "pause": "1ms"})),
    "step without path": Mutation("case", add_step({"request": {"expect": {"status": 200}}})),
    "step that is text": Mutation("case", add_step("zz")),
    "unset mark": Mutation("case", add_step({"await": "unset-zz"})),
    "unknown endpoint": Mutation("case", add_step({"request": {**ASKED, "path": "/nowhere-zz"}}), "application"),
    "unknown fact": Mutation("case", add_step({"request": {**ASKED, "expect": {"bogus_zz": 1}}})),
    "never matches": Mutation("case", add_step({"request": {**ASKED, "expect": {"status": "2OO"}}})),
    "two in one expect": Mutation("case", add_step({"request": {**ASKED, "expect": {"reason": {"contains": 5}}}})),
    "bad pattern": Mutation("case", add_step({"request": {**ASKED, "expect": {"reason": {"matches": "("}}}})),
    "bad base64": Mutation("case", add_step({"request": {**ASKED, "headers": {"X": {"base64": "zz"}}}})),
    "unknown byte literal": Mutation("case", add_step({"request": {**ASKED, "headers": {"X": {"bogus_zz": "zz"}}}})),
    "header that is a number": Mutation("case", add_step({"request": {**ASKED, "headers": {"X": 5}}})),
    "unknown variable": Mutation("case", add_step({"request": {**ASKED, "query": "$(nobody_zz)"}})),
    "size that is none": Mutation("case", add_step({"request": {**ASKED, "expect": {"body.size": "5kB"}}})),
    "time too long": Mutation("case", add_step({"pause": "9999999min"})),
    "of nobody": Mutation("case", add_step({"app": {"of": "absent-zz", "expect": {"calls": 1}}})),
    "no quiet": Mutation("case", add_step({"app": {"expect": {"calls": 0}}})),
    "unknown key of a request": Mutation("request", set_key("bogus_zz", to=1)),
    "within that is none": Mutation("request", set_key("within", to=5)),
    "method that is none": Mutation("request", set_key("method", to=[1])),
    "unknown operator": Mutation("request", set_key("expect", "reason", to={"bogus_zz": 1})),
    "record of nothing": Mutation("request", set_key("record", "zz", to="bogus_zz")),
    "unknown key of an app": Mutation("app", set_key("bogus_zz", to=1)),
    "quiet that is none": Mutation("app", set_key("quiet", to="soon")),
    "script that is none": Mutation("tcp", set_key("script", to={"send": "a"})),
}


def pairs(count: int, seed: int) -> Iterator[tuple[str, tuple[str, Way], tuple[str, Way]]]:
    """Pairs of errors in a suite: each with its name and its place; no place contains the other."""
    rng = random.Random(seed)
    names = sorted(suites())
    while count:
        suite = rng.choice(names)
        one, other = (rng.choice(sorted(MUTATIONS)) for _ in range(2))
        ways = [MUTATIONS[name].places(suites()[suite]) for name in (one, other)]
        if one == other or not all(ways):
            continue
        first, second = (rng.choice(found) for found in ways)
        clash = MUTATIONS[one].kind != MUTATIONS[other].kind and "tcp" in (MUTATIONS[one].kind, MUTATIONS[other].kind)
        if clash and first[:2] == second[:2]:
            continue  # the script that goes may have held the other
        count -= 1
        yield suite, (one, first), (other, second)


def mutated(suite: str, *made: tuple[str, Way]) -> dict[str, Any]:
    document = deepcopy(suites()[suite])
    for name, way in made:
        MUTATIONS[name].make(at(document, way))
    return document


def hidden(suite: str, one: tuple[str, Way], other: tuple[str, Way]) -> set[tuple[str, str]]:
    """The messages for a single error that are missing if both are made."""
    alone = mistakes(mutated(suite, one)), mistakes(mutated(suite, other))
    assert all(alone), (suite, one, other)
    return (alone[0] | alone[1]) - mistakes(mutated(suite, one, other))


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mistake_is_found_alone(name: str) -> None:
    suite = next(suite for suite in sorted(suites()) if MUTATIONS[name].places(suites()[suite]))
    assert mistakes(suites()[suite]) == set()
    way = MUTATIONS[name].places(suites()[suite])[0]
    assert mistakes(mutated(suite, (name, way)))


@cache
def chosen() -> tuple[tuple[str, tuple[str, Way], tuple[str, Way]], ...]:
    return tuple(pairs(PAIRS, 12))


@pytest.mark.parametrize("number", some(range(PAIRS), 40))
def test_two_mistakes_are_found_together(number: int) -> None:
    made = chosen()[number]
    assert (made, hidden(*made)) == (made, set())


CASE = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - id: a
{title}    steps:
{steps}
"""
TITLE = "    title: A\n"


def codes(steps: str, title: str = TITLE) -> list[str]:
    text = CASE.format(title=title, steps="".join(f"      - {line}\n" for line in steps.splitlines()))
    return [one.code for one in load_text(text, vocabulary()).diagnostics]


def test_a_missing_title_hides_nothing() -> None:
    found = codes("request: {path: /nowhere, expect: {reason: {matches: '('}}}", title="")
    assert sorted(found) == ["missing-key", "pattern", "unknown-endpoint"]


def test_an_unknown_step_hides_nothing_of_the_others() -> None:
    found = codes("wait: 5\nrequest: {path: /health, body: {hex: 0}, within: 5, expect: {status: 200}}")
    assert sorted(found) == ["type", "unit", "unit", "unknown-step"]


def test_a_mistake_of_form_hides_no_operator_that_does_not_apply() -> None:
    found = codes("request: {path: /health, expect: {status: {contains: 5}, elapsed: {less_than: 200}}}")
    assert sorted(found) == ["never-matches", "type", "unit"]
