"""Cases with a server of their own: what the rules let pass, and what the loader makes of them."""

from __future__ import annotations

from functools import cache

import pytest

from engine.loading.documents import load_text
from engine.loading.loaded import Loaded
from engine.loading.vocabulary import Vocabulary
from tests.loading.helpers import HEAD
from tests.loading.vocabulary import real

LOOK = "{request: {path: /scope, expect: {status: 200}}}"


@cache
def vocabulary() -> Vocabulary:
    return real()


def loaded(steps: str, extra: str = "") -> Loaded:
    lines = "".join(f"    {line}\n" for line in extra.splitlines())
    text = f"{HEAD}  - id: one\n    title: One\n{lines}    steps: {steps}\n".replace("SCOPE-01", "LIFE-05")
    return load_text(text, vocabulary())


def codes(steps: str, extra: str = "") -> list[str]:
    return [one.code for one in loaded(steps, extra).diagnostics]


@pytest.mark.parametrize(
    ("steps", "extra", "expected"),
    [
        ("[{signal: TERM}, {exit: {expect: {code: 0}}}]", "", []),
        ("[{signal: TERM}, {exit: {expect: {code: 0}}}]", "process: own", []),
        ("[{signal: TERM}, {exit: {expect: {code: 0}}}]", "process: shared", ["shared-process"]),
        (f"[{{measure: {{expect: {{processes: 1}}}}}}, {LOOK}]", "process: shared", []),
        (f"[{{start: {{}}}}, {LOOK}]", "", []),
        (f"[{{pause: 1s}}, {{start: {{}}}}, {LOOK}]", "", []),
        (f"[{{repeat: {{times: 2, steps: [{{start: {{}}}}, {LOOK}]}}}}]", "", []),
        (f"[{{repeat: {{times: 2, steps: [{LOOK}, {{start: {{}}}}]}}}}]", "", ["not-started"]),
        (f"[{LOOK}, {{exit: {{within: 1s}}}}]", "", ["no-end"]),
        (f"[{LOOK}, {{exit: {{within: 1s}}}}]", "may_die: true", []),
        (f"[{LOOK}, {{exit: {{within: 1s}}}}]", "may_die: false", ["no-end"]),
        (f"[{LOOK}]", "may_die: true\nprocess: shared", ["shared-process"]),
        ("[{measure: {expect: {memory.peak: {at_most: 1MiB}}}}]", "", ["no-since"]),
        ("[{start: {ready: false}}, {exit: {expect: {code: 3}}}]", "", []),
        (f"[{LOOK}, {{kill_worker: {{}}}}]", "", ["no-workers"]),
        (f"[{LOOK}, {{kill_worker: {{}}}}]", "server: {workers: 1}", ["no-workers"]),
        (f"[{LOOK}, {{kill_worker: {{}}}}]", "server: {workers: 2}", []),
        ("[{measure: {as: a}}, {measure: {since: a, expect: {memory.growth: {at_most: 1MiB}}}}]", "", []),
        ("[{measure: {as: a}}, {measure: {since: b, expect: {memory: {at_most: 1MiB}}}}]", "", ["unknown-step-name"]),
        ("[{measure: {expect: {cpu: 3}}}]", "", ["unit"]),
    ],
)  # fmt: skip
def test_rules(steps: str, extra: str, expected: list[str]) -> None:
    assert codes(steps, extra) == expected


@pytest.mark.parametrize(
    ("steps", "extra", "own", "starts", "alone"),
    [
        (f"[{LOOK}]", "", False, False, ""),
        ("[{signal: TERM}, {exit: {expect: {code: 0}}}]", "", True, False, ""),
        (f"[{{parallel: {{a: [{LOOK}], b: [{{signal: TERM}}]}}}}]", "", True, False, ""),
        (f"[{{repeat: {{times: 2, steps: [{{start: {{}}}}, {LOOK}]}}}}]", "", True, True, ""),
        ("[{log: {expect: {tracebacks: 0}}}]", "", False, False, "all"),
        ("[{measure: {expect: {processes: 1}}}]", "alone: word", False, False, "all"),
        ("[{measure: {expect: {processes: 1}}}]", "process: own", True, False, ""),
        ("[{drive: {scope: {type: http}, expect: {returned: true}}}]", "", False, False, ""),
        (f"[{LOOK}]", "may_die: true", True, False, ""),
    ],
)
def test_what_a_case_needs_follows_from_its_steps(steps: str, extra: str, own: bool, starts: bool, alone: str) -> None:
    found = loaded(steps, extra)
    assert found.diagnostics == ()
    (case,) = found.suites[0].cases
    assert (case.own_process, case.starts, case.alone) == (own, starts, alone)
