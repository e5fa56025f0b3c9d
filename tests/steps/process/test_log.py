from __future__ import annotations

import pytest

from engine.steps.process.log import tracebacks
from tests.steps.context import JobScope, run, see

ONE = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: no\n'
CAUSED = f"{ONE}\nThe above exception was the direct cause of the following exception:\n\n{ONE}"
DURING = f"{ONE}\nDuring handling of the above exception, another exception occurred:\n\n{ONE}"
GROUP = f"""  + Exception Group {ONE.splitlines()[0]}
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | {ONE.splitlines()[0]}
    |   File "a.py", line 1, in <module>
    | ValueError: no
    +---------------- 2 ----------------
    | {ONE.splitlines()[0]}
    | ValueError: no
    +------------------------------------
"""


def test_what_was_written() -> None:
    ctx = JobScope()
    ctx.live.written = "INFO one\nERROR two\n"
    seen = run(see(ctx, "log", {}))
    assert seen.fact("text") == "INFO one\nERROR two\n"
    assert seen.fact("lines") == ["INFO one", "ERROR two"]
    assert seen.fact("tracebacks") == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("he said Traceback (most recent call last): and went on\n", 0),
        (ONE, 1),
        (f"[2026-01-01] [ERROR] {ONE}", 1),
        (ONE.replace("\n", "\r\n"), 1),
        (ONE + "INFO\n" + ONE, 2),
        (CAUSED, 1),
        (DURING, 1),
        (CAUSED + CAUSED, 2),
        (GROUP, 1),
    ],
)
def test_tracebacks_are_counted_once_with_their_causes(text: str, count: int) -> None:
    assert tracebacks(text) == count
