"""The differences between gateways as Markdown."""

from __future__ import annotations

from typing import Any, cast

from engine.app.gateway_comparison import Compared, markdown
from engine.model.verdict import Verdict
from engine.results.analysis.gateways import ValueDifference


class Result:
    """A result with nothing but its verdict."""

    verdict = Verdict.PASS


def test_a_pipe_in_a_value_does_not_end_its_cell() -> None:
    seen = {"direct gunicorn": "bytes '15'", "nginx-uwsgi gunicorn": "bytes '15' | bytes '15'"}
    results = cast(Any, {label: Result() for label in seen})
    found = Compared(cast(Any, None), results, {}, [ValueDifference("header content-length", seen)])
    rows = markdown(found).splitlines()
    assert "bytes '15' \\| bytes '15'" in rows[2]
    assert {row.replace("\\|", "").count("|") for row in rows} == {4}
