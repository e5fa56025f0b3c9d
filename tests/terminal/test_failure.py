"""A failure as a person reads it."""

from __future__ import annotations

from dataclasses import replace

from engine.model.evidence_quality import EvidenceQuality
from engine.model.expectation import ABSENT, Mismatch, Unclear
from engine.model.source_span import SourceSpan, excerpt
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Verdict
from engine.terminal.failure import text

SOURCE = "suite: S\ncases:\n  - id: a\n    steps: [{request: {path: /, expect: {status: 200}}}]\n"
PLACE = SourceSpan("a.yaml", 4, 49, 3)
WIRE = TraceEvent(10.0, Side.WIRE, "one", "sent", "", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27)
RESULT = JobResult(
    case="a",
    file="a.yaml",
    target="gunicorn-control-asyncio",
    category="c",
    level="must",
    verdict=Verdict.FAIL,
    reason="expected status 200, got 500",
    mismatches=(Mismatch("status", "200", 500, PLACE, "why so"),),
    transcript=Transcript(
        10.0,
        (
            WIRE,
            TraceEvent(10.0012, Side.APP, "call 1", "called", "type='http'"),
            TraceEvent(10.002, Side.WIRE, "one", "received", "", b"HTTP/1.1 500 \x1b[31mred\r\n", 23),
        ),
    ),
    reproduce="engine serve x --port 8000\ncurl -i http://127.0.0.1:8000/",
    cite=("CORE-01",),
    title="A title",
)

WHOLE = """\
fail: expected status 200, got 500
a.yaml::a [gunicorn-control-asyncio]
A title  (must: CORE-01)

a.yaml:4:49
    4 |     steps: [{request: {path: /, expect: {status: 200}}}]
      |                                                 ^^^
      = expected: status 200
      = actual:   500
      = why so

time line (>> << wire, -> <- application):
     +0.0 ms  wire >> one sent 27 B
                     | GET / HTTP/1.1\\r\\n
                     | Host: a\\r\\n
                     | \\r\\n
     +1.2 ms  app     call 1 called type='http'
     +2.0 ms  wire << one received 23 B
                     | HTTP/1.1 500 \\x1b[31mred\\r\\n

reproduce it, in two terminals:
  engine serve x --port 8000
  curl -i http://127.0.0.1:8000/"""


def source(file: str) -> str:
    assert file == "a.yaml"
    return SOURCE


def test_the_whole() -> None:
    assert text(RESULT, source) == WHOLE


def test_a_mismatch_that_has_its_line_needs_no_document() -> None:
    def gone(file: str) -> str:
        raise AssertionError(f"{file} is read")

    line = excerpt(SOURCE.split("\n")[PLACE.line - 1], PLACE)
    (one,) = RESULT.mismatches
    assert text(replace(RESULT, mismatches=(replace(one, excerpt=line),)), gone) == WHOLE
    late = replace(RESULT, mismatches=(), step=PLACE, excerpt=line)
    assert "      |                                                 ^^^\n" in text(late, gone)


def test_the_actual_value_is_that_of_the_sentence() -> None:
    one = RESULT.mismatches[0]
    for actual, words in ((ABSENT, "none"), (Unclear("2 values: 'a', 'b'"), "2 values: 'a', 'b'"), (None, "null")):
        assert f"      = actual:   {words}\n" in text(
            replace(RESULT, mismatches=(replace(one, actual=actual),)), source
        )


def test_no_control_character_reaches_the_terminal() -> None:
    assert "\x1b" not in text(RESULT, source)


def test_a_verdict_without_a_mismatch_points_at_its_step() -> None:
    late = JobResult(
        "a", "a.yaml", "t", "c", "must", Verdict.TIMEOUT, "nothing more happened for 10 s", step=PLACE, title="A title"
    )
    assert text(late, source) == (
        "timeout: nothing more happened for 10 s\na.yaml::a [t]\nA title  (must)\n\n"
        "a.yaml:4:49\n    4 |     steps: [{request: {path: /, expect: {status: 200}}}]\n"
        "      |                                                 ^^^"
    )


def test_evidence_that_was_lost_is_said_and_what_was_cut_stands_in_the_time_line() -> None:
    lost = replace(RESULT, evidence=EvidenceQuality(1, "disk \x1b full", ("the log keeps its end",)))
    line = "incomplete evidence: the observer lost 1 record while the case ran: disk \\x1b full\n"
    assert line in text(lost, source)
    assert "evidence" not in text(replace(lost, evidence=EvidenceQuality(cut=("x",))), source)


def test_why_there_is_no_command() -> None:
    result = replace(RESULT, reproduce="", not_reproduced="the server is sent a \x1b signal")
    found = text(result, source)
    assert found.endswith("\n\nno command reproduces it: the server is sent a \\x1b signal")
    assert "reproduce" not in text(replace(RESULT, reproduce=""), source)
    # A service that runs already has no command of the engine's beside it.
    assert "\nreproduce it:\n  curl " in text(replace(RESULT, reproduce="curl -i http://127.0.0.1:8000/"), source)
