"""The smallest selectors: they hold what fails, leave out what passes, and name no more than they must."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.case import Selector
from engine.results.baseline.baseline import inside
from engine.results.baseline.selecting import CaseHistory, NamedTargets, Point, holds, narrowed, ranges, smallest

VERSION = {"gunicorn": "27.0.1", "hypercorn": "0.18.0", "daphne": "4.2"}


def target(
    server: str, framework: str = "control", loop: str = "asyncio", version: str = "", http: str = "1.1"
) -> Point:
    return (server, version or VERSION[server], framework, loop, "direct", "local", http)


ALL = frozenset(
    target(*one) for one in product(VERSION, ("control", "quart", "starlette"), ("asyncio", "uvloop"))
)  # fmt: skip


def named(*failing: Point, run: frozenset[Point] = ALL, passing: frozenset[Point] | None = None) -> list[NamedTargets]:
    fails = frozenset(failing)
    return smallest(CaseHistory(fails, run - fails if passing is None else passing, run))


def line(*servers: str, **words: tuple[str, ...]) -> NamedTargets:
    return NamedTargets(Selector(tuple(servers), **words))


def test_all_of_a_server_is_a_line_of_the_server_alone() -> None:
    failing = [one for one in ALL if one[0] == "gunicorn"]
    assert named(*failing) == [line("gunicorn")]


def test_each_server_has_a_line_of_its_own() -> None:
    failing = [one for one in ALL if one[0] != "daphne"]
    assert named(*failing) == [line("gunicorn"), line("hypercorn")]


def test_both_loops_are_one_line() -> None:
    failing = [target("gunicorn", "quart", loop) for loop in ("asyncio", "uvloop")]
    assert named(*failing) == [line("gunicorn", frameworks=("quart",))]


def test_one_loop_of_two_is_named() -> None:
    failing = [target("gunicorn", framework, "uvloop") for framework in ("control", "quart", "starlette")]
    assert named(*failing) == [line("gunicorn", loops=("uvloop",))]


def test_a_framework_on_every_server_is_a_line_of_the_framework_alone() -> None:
    failing = [one for one in ALL if one[2] == "quart"]
    assert named(*failing) == [line(frameworks=("quart",))]


def test_of_one_server_alone_nothing_is_claimed_about_others() -> None:
    run = frozenset(one for one in ALL if one[0] == "gunicorn")
    assert named(target("gunicorn", "quart"), target("gunicorn", "quart", "uvloop"), run=run) == [
        line("gunicorn", frameworks=("quart",))
    ]


def test_what_the_control_alone_was_asked_needs_no_framework_where_there_were_others() -> None:
    failing = frozenset(target("gunicorn", "control", loop) for loop in ("asyncio", "uvloop"))
    assert named(*failing, passing=frozenset()) == [line("gunicorn")]
    assert named(*failing, run=failing, passing=frozenset()) == [line("gunicorn", frameworks=("control",))]


def test_one_loop_that_was_asked_for_is_named_and_the_usual_one_is_not() -> None:
    uvloop = target("gunicorn", "control", "uvloop")
    usual = target("gunicorn", "control", "auto")
    assert named(uvloop, run=frozenset({uvloop}), passing=frozenset())[0].selector.loops == ("uvloop",)
    assert named(usual, run=frozenset({usual}), passing=frozenset())[0].selector.loops == ()


def test_a_version_of_http_is_named_where_the_other_passes() -> None:
    one, two = target("gunicorn"), target("gunicorn", http="2")
    run = frozenset({one, two})
    assert [found.selector.http for found in named(two, run=run)] == [("2",)]
    assert [found.selector.http for found in named(one, run=run)] == [("1.1",)]
    assert [found.selector.http for found in named(one, two, run=run)] == [()]
    assert [found.selector.http for found in named(two, run=frozenset({two}), passing=frozenset())] == [("2",)]


def test_versions_are_named_where_they_differ() -> None:
    old, new = target("gunicorn", version="26.2.0"), target("gunicorn", version="27.0.1")
    run = frozenset({old, new})
    assert named(old, run=run) == [NamedTargets(Selector(("gunicorn",), ("control",), ("asyncio",)), "==26.2.0")]
    assert named(old, new, run=run) == [NamedTargets(Selector(("gunicorn",), ("control",), ("asyncio",)))]


@pytest.mark.parametrize(
    ("failing", "passing", "expected"),
    [
        ("1.10", "1.9", ["==1.10"]),
        ("1.9 1.10 1.11", "1.8 1.12", [">=1.9,<=1.11"]),
        ("1 3", "2", ["==1", "==3"]),
        ("1 2 4", "3", [">=1,<=2", "==4"]),
    ],
)
def test_a_range_goes_from_the_first_to_the_last_of_a_row(failing: str, passing: str, expected: list[str]) -> None:
    found = ranges(failing.split(), passing.split())
    assert found == expected
    for version in failing.split():
        assert any(inside(version, text) for text in found)
    for version in passing.split():
        assert not any(inside(version, text) for text in found)


def covers(one: NamedTargets, point: Point) -> bool:
    server, version, framework, loop, gateway, runtime, http = point
    return one.selector.covers(
        server=server, framework=framework, loop=loop, gateway=gateway, runtime=runtime, http=http
    ) and (not one.versions or inside(version, one.versions))  # fmt: skip


POINTS = [
    target(server, framework, loop, version, http)
    for server, version, framework, loop, http in product(
        ("gunicorn", "daphne"), ("1", "2", "3"), ("control", "quart"), ("asyncio", "uvloop"), ("1.1", "2")
    )
]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["fails", "passes", "listed", "not run"]), min_size=len(POINTS), max_size=len(POINTS))
)  # fmt: skip
def test_every_failure_is_covered_and_nothing_that_passes(words: list[str]) -> None:
    points = {word: {one for one, is_ in zip(POINTS, words, strict=True) if is_ == word} for word in set(words)}
    failing, passing = (frozenset(points.get(word, ())) for word in ("fails", "passes"))
    evidence = CaseHistory(failing, passing, frozenset(POINTS), frozenset(points.get("listed", ())))
    lines = smallest(evidence)
    for one in failing:
        assert any(covers(line, one) for line in lines), one
    for one in passing:
        assert not any(covers(line, one) for line in lines), one
    for line in lines:
        assert any(covers(line, one) for one in failing)
    for box in evidence.boxes():
        assert any(holds(box, one) for one in failing)
    assert len(lines) <= max(len(failing), 0)
    assert lines == smallest(evidence)


def test_a_selector_is_narrowed_and_keeps_what_was_not_looked_at() -> None:
    old = Selector(servers=("gunicorn", "granian"), frameworks=("quart",))
    seen = {"servers": ["gunicorn"], "frameworks": ["quart"], "loops": ["asyncio", "uvloop"]}
    inner, rest = narrowed(old, Selector(servers=("gunicorn",), loops=("asyncio",)), seen)
    assert inner == Selector(servers=("gunicorn",), frameworks=("quart",), loops=("asyncio",))
    assert rest == [Selector(servers=("granian",), frameworks=("quart",))]


def test_where_nothing_is_narrowed_nothing_is_left_over() -> None:
    old = Selector(servers=("gunicorn",), loops=("asyncio", "uvloop"))
    seen = {"servers": ["gunicorn"], "loops": ["asyncio"]}
    assert narrowed(old, Selector(servers=("gunicorn",)), seen) == (old, [])
