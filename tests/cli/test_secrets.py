"""Secrets in a run: every output that is made of it masks them, unless it is asked not to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.model.expectation import Mismatch
from engine.model.result_event import ResultEvent
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import JobResult, Verdict
from engine.pytest_plugin.longrepr import CaseFailure
from engine.results.record.store import Store
from engine.terminal import failure, progress
from tests.results.synthetic import result, row

SECRET = "hunter2"
FILE = "specs/x.yaml"
HEAD = f"GET / HTTP/1.1\r\nCookie: sid={SECRET}\r\nAuthorization: Basic {SECRET}\r\n\r\n".encode()
SCOPE = {"type": "http", "headers": [(b"cookie", SECRET.encode())]}


def secret(verdict: Verdict, target: str = "s f") -> JobResult:
    """A result with a secret in every text that it has."""
    events = (
        TraceEvent(0.1, Side.WIRE, "connection 1", "sent", "", HEAD, len(HEAD)),
        TraceEvent(0.2, Side.APP, "call 1", "called", f"headers=[[b'cookie', b'{SECRET}']]", value=typed(SCOPE)),
    )
    mismatch = Mismatch("headers.set-cookie", "'sid=x'", f"sid={SECRET}")
    return replace(
        result(row(target), verdict, mismatch, case=f"{FILE}::case"),
        reason=f"expected headers.set-cookie 'sid=x', got 'sid={SECRET}'",
        transcript=Transcript(0.0, events),
        reproduce=f"curl -H 'Authorization: Basic {SECRET}' http://127.0.0.1/",
        log=f"API_TOKEN={SECRET}\n",
        recorded={"cookie": SECRET},
    )


def keep(folder: Path, name: str, results: Mapping[str, Verdict]) -> None:
    """Write a run with secret results on some targets, and one that did not start."""
    store = Store(folder / "results" / "runs" / name, name, {"engine": "0"})
    for target, verdict in results.items():
        store.target(row(target))
        store.take(ResultEvent(0, secret(verdict, target)))
    store.target(
        replace(row("dead f"), failed=f"DB_PASSWORD={SECRET}", hint=f"Cookie: {SECRET}", log=f"Cookie: {SECRET}")
    )
    logs = folder / "results" / "runs" / name / "logs"
    logs.mkdir()
    (logs / "s-f-asyncio.log").write_text(f"Set-Cookie: {SECRET}\n")
    store.close("whole")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, "20260101-000000-aaaa", {"s f": Verdict.PASS, "s control": Verdict.PASS})
    keep(tmp_path, "20260102-000000-bbbb", {"s f": Verdict.FAIL, "s control": Verdict.PASS})
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "last", "case", "s-f"], "connection 1 sent"),
        (["explain", "last", "case", "s-f", "--raw"], "connection 1 sent"),
        (["explain", "last", "case", "s-f", "--for-diff"], "GET / HTTP/1.1"),
        (["explain", "last", "case", "s-f", "--log"], "API_TOKEN=*******"),
        (["explain", "last", "case", "s-f", "--format", "json"], '"transcript"'),
        (["explain", "last"], "dead-f-asyncio"),
        (["compare", "last~1", "last"], "regressed: 1 case"),
        (["compare", "last~1", "last", "--format", "json"], '"regressed"'),
        (["compare", "last~1", "last", "--format", "markdown"], "## Regressed"),
        (["grid", "--from", "last"], "1 failed"),
        (["grid", "--from", "last", "--failures"], "connection 1 sent"),
        (["logs", "s-f-asyncio"], "Set-Cookie: *******"),
        (["logs"], "Set-Cookie: *******"),
        (["report", "last", "--format", "junit"], "<failure"),
        (["report", "last", "--format", "markdown"], "## Failing"),
    ],
)
def test_no_output_has_a_secret(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    main(arguments)
    out, err = capsys.readouterr()
    assert words in out
    assert SECRET not in out
    assert SECRET not in err


@pytest.mark.parametrize(
    "arguments", [["explain", "last", "case", "s-f"], ["explain", "last"], ["logs", "s-f-asyncio"]]
)
def test_secrets_are_shown_on_request(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    main([*arguments, "--secrets"])
    assert SECRET in capsys.readouterr().out


def test_the_failure_of_a_run_that_goes_on_has_no_secret() -> None:
    one = secret(Verdict.FAIL)
    texts = [
        failure.text(one, lambda _: ""),
        progress.failure(one),
        *map(str, [CaseFailure(one, lambda _: "", (), "long")]),
    ]
    texts.append(CaseFailure(one, lambda _: "", (), "short").reprcrash.message)
    for text in texts:
        assert "***=*******" in text or "'***=*'" in text, text
        assert SECRET not in text
