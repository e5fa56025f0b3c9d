"""``engine gateways`` with real services behind a real nginx."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import forked


def gateways(*words: str) -> subprocess.CompletedProcess[str]:
    return forked.engine(Path.cwd(), ("gateways", *words))


@pytest.mark.service
def test_what_nginx_changes_on_the_way_is_shown_and_nothing_else() -> None:
    two = ("--gateway", "direct", "--gateway", "nginx-http", "--server", "gunicorn", "--format", "markdown")
    ran = gateways("specs/contract/http-messages.yaml::echo[text]", *two)
    assert ran.returncode == 0, ran.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if "|" in line]
    assert rows[0] == ["", "direct gunicorn", "nginx-http gunicorn"]
    assert rows[2:] == [
        ["header connection", "(absent)", "bytes 'close'"],
        ["(verdict)", "pass", "pass"],
    ]


def test_a_case_that_has_one_way_only_is_refused() -> None:
    ran = gateways("specs/http/wire.yaml::missing-host")
    assert ran.returncode == 2
    assert "specs/http/wire.yaml::missing-host runs only through direct, and a comparison needs two" in ran.stderr


def test_one_gateway_is_too_few() -> None:
    ran = gateways("specs/contract/http-messages.yaml::echo[text]", "--gateway", "nginx-http")
    assert ran.returncode == 2
    assert ran.stderr == (
        "engine: a comparison needs two gateways, and --gateway nginx-http is one\n"
        "  add another one, such as --gateway direct, or omit --gateway\n"
    )


def test_a_case_that_is_not_there() -> None:
    ran = gateways("no-such-case")
    assert ran.returncode == 2
    assert "no-such-case" in ran.stderr


def test_the_former_name_is_still_read() -> None:
    now, before = gateways("no-such-case"), forked.engine(Path.cwd(), ("ways", "no-such-case"))
    assert (before.returncode, before.stderr) == (now.returncode, now.stderr)
