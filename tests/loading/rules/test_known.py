"""A baseline compared with the existing cases and targets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import pytest

from engine.documents.diagnostics import Severity
from engine.loading.read.sheets import failures_of
from engine.loading.rules.known import beside
from tests.loading.helpers import node

TODAY = date(2027, 3, 1)
NAMES = {
    "servers": ("gunicorn", "uvicorn-h11"),
    "frameworks": ("django",),
    "loops": ("asyncio", "uvloop"),
    "gateways": ("direct", "nginx-http"),
    "runtimes": ("local", "docker"),
}
CASES: Mapping[str, Collection[str] | None] = {"specs/a.yaml": {"one", "many[1]", "many[2]"}, "specs/broken.yaml": None}


def found(line: str) -> list[tuple[str, Severity, str, int]]:
    known = failures_of(node(f"known-failures: K\nlist:\n  - {{{line}}}\n"))
    return [(one.code, one.severity, one.hint, one.place.column) for one in beside(known, NAMES, CASES, TODAY)]


WHY = "because: w, link: l"


@pytest.mark.parametrize(
    "line",
    [
        f"case: specs/a.yaml::one, {WHY}",
        f"case: 'specs/a.yaml::many[1]', servers: [gunicorn], frameworks: [django], loops: [uvloop], {WHY}",
        f"case: specs/a.yaml::many, {WHY}",
        f"case: specs/broken.yaml::whatever, {WHY}",
        f"case: specs/a.yaml::one, until: '2027-03-01', {WHY}",
    ],
)
def test_nothing_is_said_of_what_is_there(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    ("line", "word", "code", "hint"),
    [
        (f"case: specs/a.yaml::onee, {WHY}", "specs", "unknown-case", "did you mean 'one'?"),
        (f"case: 'specs/a.yaml::many[3]', {WHY}", "'specs", "unknown-case", "did you mean 'many["),
        (f"case: specs/b.yaml::one, {WHY}", "specs", "unknown-case", "did you mean 'specs/a.yaml'?"),
        (
            f"case: specs/a.yaml::one, servers: [gunicron], {WHY}",
            "gunicron",
            "unknown-server",
            "did you mean 'gunicorn'?",
        ),
        (
            f"case: specs/a.yaml::one, frameworks: [djano], {WHY}",
            "djano",
            "unknown-framework",
            "did you mean 'django'?",
        ),
        (f"case: specs/a.yaml::one, loops: [trio], {WHY}", "trio", "unknown-loop", "known: asyncio, uvloop"),
        (
            f"case: specs/a.yaml::one, gateways: [nginx], {WHY}",
            "nginx",
            "unknown-gateway",
            "did you mean 'nginx-http'?",
        ),
        (f"case: specs/a.yaml::one, runtimes: [dokcer], {WHY}", "dokcer", "unknown-runtime", "did you mean 'docker'?"),
    ],
)
def test_what_is_not_there_is_an_error_under_the_very_word(line: str, word: str, code: str, hint: str) -> None:
    ((found_code, severity, found_hint, column),) = found(line)
    assert (found_code, severity) == (code, Severity.ERROR)
    assert found_hint.startswith(hint)
    assert column == f"  - {{{line}}}".index(word) + 1


def test_a_day_that_is_over_and_a_reason_that_nobody_wrote_are_warnings() -> None:
    assert found(f"case: specs/a.yaml::one, until: '2027-02-28', {WHY}")[0][:2] == ("expired", Severity.WARNING)
    assert found("case: specs/a.yaml::one, observed: seen")[0][:2] == ("no-reason", Severity.WARNING)
