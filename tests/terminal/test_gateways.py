"""The comparison of gateways, at several widths."""

from __future__ import annotations

import pytest

from engine.model.verdict import Verdict
from engine.results.analysis.gateways import ABSENT, ValueDifference
from engine.terminal.escape import width
from engine.terminal.gateways import lines
from engine.terminal.paint import Paint, bare

LABELS = ("direct pyuwsgi", "nginx-http pyuwsgi", "nginx-fastcgi pyuwsgi", "nginx-uwsgi pyuwsgi")
VERDICTS = dict(zip(LABELS, (Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.PASS), strict=True))
FOUND = [
    ValueDifference("HTTP_CONNECTION", dict(zip(LABELS, (ABSENT, "'close'", ABSENT, ABSENT), strict=True))),
    ValueDifference("wsgi.file", dict(zip(LABELS, ("'\x1b[31m'", "b", "x" * 80, "b"), strict=True))),
]


@pytest.mark.parametrize("limit", [30, 60, 80, 140, 250])
def test_no_line_is_wider_than_the_terminal_and_no_value_is_lost(limit: int) -> None:
    rows = list(lines(FOUND, VERDICTS, limit))
    assert max(width(line) for line in rows) <= limit
    assert sum(line.count("x") for line in rows) >= 80
    assert all(any(label.split()[0] in line for line in rows) for label in LABELS)


def test_a_table_that_fits() -> None:
    head, first, *_, last = lines(FOUND[:1], VERDICTS, 120)
    assert head.split() == ["pyuwsgi", "direct", "nginx-http", "nginx-fastcgi", "nginx-uwsgi"]
    assert first.split() == ["HTTP_CONNECTION", ABSENT, "'close'", ABSENT, ABSENT]
    assert last.split() == ["(verdict)", "pass", "pass", "fail", "pass"]
    assert first.index("'close'") == head.index("nginx-http")


def test_a_list_names_the_gateways_of_equal_values_once() -> None:
    assert list(lines(FOUND[:1], VERDICTS, 50)) == [
        "HTTP_CONNECTION",
        "  direct",
        "  nginx-fastcgi",
        "  nginx-uwsgi    (absent)",
        "  nginx-http     'close'",
        "(verdict)",
        "  direct",
        "  nginx-http",
        "  nginx-uwsgi    pass",
        "  nginx-fastcgi  fail",
    ]
    two = {"direct gunicorn": Verdict.PASS, "nginx-fastcgi fcgisgi": Verdict.PASS}
    value = ValueDifference("path", {"direct gunicorn": "a" * 50, "nginx-fastcgi fcgisgi": "b"})
    assert list(lines([value], two, 60)) == [
        "path",
        f"  direct gunicorn        {'a' * 35}",
        f"                         {'a' * 15}",
        "  nginx-fastcgi fcgisgi  b",
        "(verdict)",
        "  all  pass",
    ]


@pytest.mark.parametrize("limit", [60, 250])
def test_colour_moves_nothing_and_values_stay_escaped(limit: int) -> None:
    painted = list(lines(FOUND, VERDICTS, limit, Paint(True)))
    assert [bare(line) for line in painted] == list(lines(FOUND, VERDICTS, limit))
    assert any("\x1b[31mfail\x1b[0m" in line for line in painted)
    assert any("\\x1b[31m" in line for line in painted)
