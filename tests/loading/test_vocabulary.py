from __future__ import annotations

import pytest

from engine.loading.vocabulary import fact_of, fact_pattern
from tests.loading.vocabulary import real, small


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("status", "status", True),
        ("status", "statusx", False),
        ("header.*", "header.date", True),
        ("header.*", "header", False),
        ("header.*", "header.a.b", False),
        ("json[.*]", "json", True),
        ("json[.*]", "json.user.0.name", True),
        ("json[.*]", "jsonx", False),
        ("result.*.ok", "result.one.ok", True),
        ("result.*.ok", "result.ok", False),
        ("a.b", "axb", False),
    ],
)
def test_names_of_facts(pattern: str, name: str, fits: bool) -> None:
    assert bool(fact_pattern(pattern).fullmatch(name)) is fits


def test_an_exact_fact_goes_first() -> None:
    step_type = small().step_type("step", "request")
    found = fact_of(step_type, "body.size")
    assert found is not None
    assert found.type.dimension == "size"
    assert fact_of(step_type, "nothing") is None


def test_groups() -> None:
    vocabulary = small()
    assert set(vocabulary.groups) == {"step", "tcp"}
    assert vocabulary.step_type("tcp", "pause") is vocabulary.step_type("step", "pause")
    with pytest.raises(KeyError):
        vocabulary.step_type("tcp", "request")


def test_the_engines_own_vocabulary_has_the_languages_steps() -> None:
    step_types = real().groups["step"]
    for name in ("request", "websocket", "tcp", "app", "parallel", "repeat", "eventually", "pause", "mark", "await"):
        assert name in step_types
