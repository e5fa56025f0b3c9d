from __future__ import annotations

from engine.loading.read.outline import outline, walk
from tests.loading.helpers import node
from tests.loading.vocabulary import small


def test_what_stands_inside_what() -> None:
    text = """\
- parallel:
    one: [{request: {path: /a}}, {repeat: {times: 2, steps: [{pause: 1s}]}}]
    two: [{tcp: {script: [{send: x}, {response: {}}]}}]
- mark: m
"""
    items = outline(node(text), small())
    assert [item.name for item in items] == ["parallel", "mark"]
    assert [(inner.key, [item.name for item in inner.items]) for inner in items[0].inner] == [
        ("one", ["request", "repeat"]),
        ("two", ["tcp"]),
    ]
    assert [(item.group, item.name) for item in walk(items)] == [
        ("step", "parallel"),
        ("step", "request"),
        ("step", "repeat"),
        ("step", "pause"),
        ("step", "tcp"),
        ("tcp", "send"),
        ("tcp", "response"),
        ("step", "mark"),
    ]
