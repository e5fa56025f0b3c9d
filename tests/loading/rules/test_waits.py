"""No case of the default run waits for long."""

from __future__ import annotations

import pytest

from tests.loading.rules.test_processes import LOOK, codes


@pytest.mark.parametrize(
    ("steps", "extra", "expected"),
    [
        (f"[{{pause: 10s}}, {LOOK}]", "", []),
        (f"[{{pause: 11s}}, {LOOK}]", "", ["long-wait"]),
        (f"[{{pause: 11s}}, {LOOK}]", "extended: true", []),
        (f"[{{pause: 11s}}, {LOOK}]", "extended: false", ["long-wait"]),
        (f"[{{pause: 6s}}, {LOOK}, {{pause: 5s}}]", "", ["long-wait"]),
        (f"[{{repeat: {{times: 3, steps: [{{pause: 4s}}, {LOOK}]}}}}]", "", ["long-wait"]),
        (f"[{{repeat: {{times: 3, at_once: 3, steps: [{{pause: 4s}}, {LOOK}]}}}}]", "", []),
        (f"[{{parallel: {{a: [{{pause: 6s}}, {LOOK}], b: [{{pause: 6s}}]}}}}]", "", []),
        ("[{tcp: {script: [{silence: 11s}, {closed: {expect: {how: fin}}}]}}]", "", ["long-wait"]),
        (f"[{LOOK}, {{app: {{quiet: 11s, expect: {{calls: 1}}}}}}]", "", ["long-wait"]),
    ],
)
def test_the_time_that_a_case_waits(steps: str, extra: str, expected: list[str]) -> None:
    assert codes(steps, extra) == expected


def test_only_values_that_wait_are_refused() -> None:
    steps = f"[{{pause: $(n)s}}, {LOOK}]"
    assert codes(steps, "matrix: {n: [1, 20]}") == ["long-wait"]
    assert codes(steps, "matrix: {n: [1, 20]}\nvariants: [{when: {n: 20}, extended: true}]") == []
