"""`same_as`: what the linter rejects, and what it lets pass."""

from __future__ import annotations

from functools import cache

import pytest

from engine.documents.diagnostics import Diagnostic
from engine.loading.documents import load_text
from engine.loading.vocabulary import Vocabulary
from tests.loading.helpers import suite
from tests.loading.vocabulary import real

FIRST = "{request: {path: /scope, as: first, expect: {status: 200}}}"
CALLED = "{app: {as: of, expect: {calls: 1}}}"
RAW = "{tcp: {as: raw, script: [{send: x}, {response: {expect: {status: 200}}}]}}"


@cache
def vocabulary() -> Vocabulary:
    return real()


def found(steps: str) -> list[Diagnostic]:
    return list(load_text(suite(f"[{steps}]"), vocabulary()).diagnostics)


def second(same_as: str) -> str:
    return f"{FIRST}, {{request: {{path: /scope, expect: {{same_as: {same_as}}}}}}}"


@pytest.mark.parametrize(
    "steps",
    [
        second("first"),
        second("{step: first, only: [status, header.x]}"),
        second("{step: first, without: [body, header.server, headers.x, trailer.y]}"),
        f"{FIRST}, {{request: {{path: /scope, expect: {{any_of: [{{same_as: first}}, {{status: 400}}]}}}}}}",
        f"{FIRST}, {{request: {{path: /scope, should: {{same_as: first}}}}}}",
        f"{RAW}, {{request: {{path: /scope, expect: {{same_as: raw}}}}}}",
        f"{RAW}, {{tcp: {{script: [{{send: x}}, {{response: {{expect: {{same_as: raw}}}}}}]}}}}",
        f"{FIRST}, {CALLED}, {{app: {{expect: {{same_as: {{step: of, without: [scope.path, scope.header.x]}}}}}}}}",
    ],
)  # fmt: skip
def test_what_can_be_compared(steps: str) -> None:
    assert found(steps) == []


@pytest.mark.parametrize(
    ("steps", "code", "hint"),
    [
        (second("frist"), "unknown-step-name", "did you mean 'first'?"),
        ("{request: {path: /scope, as: one, expect: {same_as: one}}}", "unknown-step-name", "name an earlier step"),
        (second("{step: first, only: [elapsed]}"), "never-matches", "a time differs each time"),
        (second("{step: first, only: [open]}"), "never-matches", "it is only known to a step that expects it"),
        (second("{step: first, only: [stats]}"), "unknown-fact", "did you mean 'status'?"),
        (second("{step: first, without: [elapsed]}"), "unknown-fact", "compared are outcome, status"),
        (second("{step: first, only: [status], without: [body]}"), "unused", "delete one of the two"),
        (f"{FIRST}, {{app: {{expect: {{same_as: first}}}}}}", "never-matches", "it observes `request`"),
        (f"{FIRST}, {{log: {{expect: {{same_as: first}}}}}}", "unknown-fact", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(steps: str, code: str, hint: str) -> None:
    errors = [one for one in found(steps) if one.is_error]
    assert code in [one.code for one in errors]
    assert any(hint in one.hint for one in errors)
