from __future__ import annotations

import re
import signal

import pytest

from engine.steps.process.signal import SIGNALS, number, schema
from tests.steps.context import JobScope, run
from tests.steps.reader import step


def test_the_main_process_is_sent_it() -> None:
    ctx = JobScope(variables={"which": "HUP"})
    run(ctx.run((step("signal", "TERM"), step("signal", "$(which)"))))
    assert ctx.live.signals == [(signal.SIGTERM, 0), (signal.SIGHUP, 0)]
    assert ctx.notes == [("signal", "TERM to process 100"), ("signal", "HUP to process 100")]


def test_a_server_that_has_ended_hears_nothing() -> None:
    ctx = JobScope()
    ctx.live.gone = frozenset({0})
    run(ctx.run((step("signal", "INT"),)))
    assert ctx.notes == [("signal", "no INT: the server does not run")]


@pytest.mark.parametrize("name", ["SIGTERM", "term", "STOP", "TERM ", ""])
def test_what_is_no_name_of_a_signal(name: str) -> None:
    assert re.search(schema("Its name")["pattern"], name) is None
    with pytest.raises(ValueError, match="no signal"):
        number(name)


@pytest.mark.parametrize("name", SIGNALS)
def test_every_name(name: str) -> None:
    assert re.search(schema("Its name")["pattern"], name)
    assert number(name) == getattr(signal, f"SIG{name}")


def test_a_name_may_hold_a_variable() -> None:
    assert re.search(schema("Its name")["pattern"], "$(which)")
