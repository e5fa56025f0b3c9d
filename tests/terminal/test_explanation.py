"""One result in full."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.clause import Clause
from engine.model.evidence_quality import EvidenceQuality
from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import Attempt, JobResult, Recheck, Verdict
from engine.reports import view
from engine.results.analysis.attribution import Attribution, Evidence, Fault
from engine.results.analysis.explaining import Explanation, explained
from engine.results.record.codec import result_from_json, result_to_json
from engine.results.record.store import Run, TargetRow
from engine.terminal.explanation import lines
from engine.terminal.timeline import CONTINUED

SOURCE = "suite: S\ncases:\n  - id: a\n    steps: [{request: {path: /, expect: {status: 200}}}]\n"
BODY = b"x" * 6000
RESULT = JobResult(
    case="a",
    file="specs/a.yaml",
    target="gunicorn-control-asyncio",
    category="c",
    level="must",
    verdict=Verdict.FAIL,
    reason="expected status 200, got 500",
    mismatches=(Mismatch("status", "200", 500, SourceSpan("specs/a.yaml", 4, 49, 3), "why so"),),
    transcript=Transcript(
        10.0,
        (
            TraceEvent(10.0, Side.WIRE, "one", "connected", "from port 50001"),
            TraceEvent(10.001, Side.WIRE, "one", "sent", "", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:40001\r\n\r\n", 41),
            TraceEvent(10.0012, Side.APP, "call 1", "called", "type='http', path='/', client=['127.0.0.1', 50001]"),
            TraceEvent(10.002, Side.WIRE, "one", "received", "", b"HTTP/1.1 500 \x1b[31mred\r\n\r\n" + BODY, 6024),
        ),
    ),
    log="[2026-11-21 11:36:13 +0000] [998] [ERROR] \x1b[31mno\n  File x\n",
    reproduce="engine serve x --port 8000\ncurl -i http://127.0.0.1:8000/",
    cite=("CORE-01", "CORE-99"),
    title="A title",
)
ROW = TargetRow(
    RESULT.target, "gunicorn", "control", "asyncio", "direct", "local", found_loop="asyncio", python="3.11.7",
    version="27.0.1", versions={"gunicorn": "27.0.1", "h11": "0.16"},
)  # fmt: skip
CLAUSES = {"CORE-01": Clause("CORE-01", "must", "ASGI §Applications", "It holds.", "https://example.org")}
WHOSE = Attribution(Fault.SERVER, "the control fails it too", "gunicorn", (Evidence("t", Verdict.FAIL, "status"),))
RUN = Run("20261121-000000-ab12", {}, (ROW,), (RESULT,), True, "whole")

WHOLE = """\
case      specs/a.yaml::a
          A title
target    gunicorn-control-asyncio (gunicorn 27.0.1, Python 3.11.7, asyncio)
run       20261121-000000-ab12
verdict   fail: expected status 200, got 500
level     must
cites     CORE-01 (must, risk: interop) ASGI §Applications
          It holds.
          https://example.org
          CORE-99, which the catalogue lacks

specs/a.yaml:4:49
    4 |     steps: [{request: {path: /, expect: {status: 200}}}]
      |                                                 ^^^
      = expected: status 200
      = actual:   500
      = why so

cause: server gunicorn
  the control fails it too
  compared with: t: fail (status)

time line (>> << wire, -> <- application):
dates, ports and nonces are replaced; --raw shows them
     +0.0 ms  wire       one connected from port <port 1>
     +1.0 ms  wire    >> one sent 49 B
                      | GET / HTTP/1.1\\r\\n
                      | Host: 127.0.0.1:<server port>\\r\\n
                      | \\r\\n
     +1.2 ms  app        call 1 called type='http', path='/', client=['127.0.0.1', <port 1>]
     +2.0 ms  wire    << one received 6024 B
                      | HTTP/1.1 500 \\x1b[31mred\\r\\n
                      | \\r\\n"""


def source(file: str) -> str:
    assert file == "specs/a.yaml"
    return SOURCE


def kept(result: JobResult) -> JobResult:
    """As it comes out of a run's file."""
    return result_from_json(json.loads(json.dumps(result_to_json(result))))


def page(result: JobResult = RESULT, *, raw: bool = False, **options: bool) -> list[str]:
    one = explained(RUN, kept(result), CLAUSES, WHOSE, nonce="ab12", raw=raw)
    return list(lines(one, source, **options))  # type: ignore[arg-type]  # the flags of `lines`


def test_the_whole() -> None:
    found = "\n".join(page())
    assert found.startswith(WHOLE)
    whole = hashlib.sha256(RESULT.transcript.events[-1].data).hexdigest()[:16] if RESULT.transcript else ""
    rows = [row for row in found.split("\n") if row.strip(" |").startswith("xxx")]
    assert len(rows) == CONTINUED
    joined = " ".join(found.replace("|", " ").split())
    assert f"… 6024 B in all, SHA-256 {whole}; the record has the first 2 KiB; --full shows these " in joined
    assert (
        "server log (other cases may have run at the same time):\n"
        "  [<date>] [<pid>] [ERROR] \\x1b[31mno\n"
        "    File x\n"
        "\n"
        "reproduce it, in two terminals:\n"
        "  engine serve x --port 8000\n"
        "  curl -i http://127.0.0.1:8000/"
    ) in found


@pytest.mark.parametrize("columns", [20, 30, 60])
def test_the_fields_are_as_narrow_as_the_terminal(columns: int) -> None:
    one = explained(RUN, kept(RESULT), CLAUSES, WHOSE, nonce="ab12")
    found = list(lines(one, source, limit=columns))
    fields = [line for line in found[: found.index("")] if "https://" not in line]
    assert all(len(line) <= columns for line in fields), fields


def test_of_a_long_log_the_last_lines_are_shown_and_all_on_request() -> None:
    long = replace(RESULT, log="".join(f"line {number}\n" for number in range(1, 101)))
    few = page(long)
    assert "  … 90 lines before these; --log shows them" in few
    assert few.index("  line 91") == few.index("  … 90 lines before these; --log shows them") + 1
    assert "  line 100" in few
    assert "  line 90" not in few
    whole = page(long, whole_log=True)
    assert [row for row in whole if row.startswith("  line ")] == [f"  line {number}" for number in range(1, 101)]
    assert not any("--log" in row for row in whole)
    ten = page(replace(RESULT, log="".join(f"line {number}\n" for number in range(10))))
    assert not any("--log" in row for row in ten)


def test_entries_of_the_log_that_name_the_case_come_first() -> None:
    assert RESULT.transcript is not None
    raised = TraceEvent(10.9, Side.APP, "call 1", "raised", "ValueError: mine")
    transcript = replace(RESULT.transcript, events=(*RESULT.transcript.events, raised))
    log = "one of another\nTraceback (most recent call last):\n  File x\nValueError: mine\nanother\n"
    few = page(replace(RESULT, transcript=transcript, log=log))
    start = few.index("server log (entries that name this case):")
    assert few[start + 1 : start + 6] == [
        "  one of another",
        "  Traceback (most recent call last):",
        "    File x",
        "  ValueError: mine",
        "  … 1 other line; --log shows them",
    ]
    every = page(replace(RESULT, transcript=transcript, log=log), whole_log=True)
    start = every.index("other entries of the log (other cases may have run at the same time):")
    assert every[start + 1] == "  another"


def test_raw_is_as_it_was() -> None:
    found = "\n".join(page(raw=True))
    assert "from port 50001" in found
    assert "Host: 127.0.0.1:40001" in found
    assert "[2026-11-21 11:36:13 +0000] [998]" in found
    assert "replaced" not in found


def test_two_runs_of_one_case_read_the_same_for_diff() -> None:
    def other(text: str) -> str:
        return text.replace("50001", "60002").replace("40001", "41112")

    transcript = RESULT.transcript
    assert transcript is not None
    events = tuple(
        replace(
            one, at=one.at * 1.1, detail=other(one.detail), data=other(one.data.decode("latin-1")).encode("latin-1")
        )
        for one in transcript.events
    )
    again = replace(RESULT, transcript=Transcript(11.0, events), reproduce="other", log="other")
    assert page(again) != page()
    assert page(again, for_diff=True) == page(for_diff=True)


def test_a_difference_between_targets_stays_in_a_diff() -> None:
    transcript = RESULT.transcript
    assert transcript is not None
    events = (*transcript.events[:-1], replace(transcript.events[-1], data=b"HTTP/1.1 400 \r\n\r\n", size=17))
    assert page(replace(RESULT, transcript=Transcript(10.0, events)), for_diff=True) != page(for_diff=True)


def test_what_passes_says_how_to_get_its_time_line() -> None:
    passed = replace(RESULT, verdict=Verdict.PASS, reason="", mismatches=(), transcript=None, reproduce="", log="")
    found = "\n".join(page(passed))
    assert "no time line: passing cases keep no time line" in found
    assert (
        "engine grid specs/a.yaml::a --server gunicorn --framework control --loop asyncio --keep-transcripts" in found
    )
    blocked = replace(passed, verdict=Verdict.BLOCKED, reason="it depends on b")
    assert "no time line: nothing was sent: the case was not run here" in page(blocked)


def test_repeats_and_what_was_run_alone() -> None:
    attempts = (Attempt(Verdict.PASS), Attempt(Verdict.FAIL, "expected status 200, got 500"))
    flaky = replace(RESULT, verdict=Verdict.FLAKY, attempts=attempts, recheck=Recheck(Verdict.FAIL, "no"))
    found = "\n".join(page(flaky))
    assert "attempts  1. pass\n          2. fail: expected status 200, got 500\n" in found
    assert "isolated  The verdict in isolation is fail: no\n" in found


def test_the_quality_of_the_evidence_where_it_is_not_complete() -> None:
    assert "evidence" not in "\n".join(page())
    cut = replace(RESULT, evidence=EvidenceQuality(1, "x", ("the log keeps its end",)))
    assert (
        "evidence  lost: the observer lost 1 record while the case ran: x; the log keeps its end\n"
        in "\n".join(page(cut))
    )  # fmt: skip


def test_as_json() -> None:
    one = explained(RUN, kept(RESULT), CLAUSES, WHOSE, nonce="ab12")
    found = json.loads(json.dumps(view.explanation(one)))
    assert found["clauses"][0]["statement"] == "It holds."
    assert found["cause"]["fault"] == "server"
    assert found["target"]["version"] == "27.0.1"
    events = found["result"]["transcript"]["moments"]
    assert events[1]["text"] == "GET / HTTP/1.1\r\nHost: 127.0.0.1:<server port>\r\n\r\n"
    assert [event["at"] for event in events] == [0.0, 0.001, 0.0012, 0.002]
    assert "\x1b" not in json.dumps(view.explanation(one))


NASTY = st.text(st.sampled_from("a \x1b\x00\x07\r\n\t\x9b\u202e\u2028\ufeff\ud800<>"), max_size=20)


@given(
    st.builds(
        JobResult, case=NASTY, file=NASTY, target=NASTY, category=NASTY, level=NASTY,
        verdict=st.sampled_from(Verdict), reason=NASTY, log=NASTY, reproduce=NASTY, title=NASTY,
        cite=st.lists(NASTY, max_size=2).map(tuple),
        recorded=st.dictionaries(NASTY, NASTY, max_size=2),
        mismatches=st.lists(st.builds(Mismatch, NASTY, NASTY, NASTY, why=NASTY), max_size=2).map(tuple),
        attempts=st.lists(st.builds(Attempt, st.sampled_from(Verdict), NASTY), max_size=2).map(tuple),
        recheck=st.none() | st.builds(Recheck, st.sampled_from(Verdict), NASTY),
        transcript=st.none() | st.builds(
            Transcript, st.just(0.0),
            st.lists(
                st.builds(
                    TraceEvent, st.just(0.5), st.sampled_from(Side), NASTY, NASTY, NASTY, st.binary(max_size=300)
                ),
                max_size=3,
            ).map(tuple),
        ),
    ),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_no_control_character_ever(result: JobResult, raw: bool, for_diff: bool) -> None:
    row = TargetRow(result.target, "\x1bs", "f\x00", "\nl", "direct", "local", python="\x1b3", version="\x07")
    run = Run("\x1brun", {}, (row,), (result,), True, "whole")
    clause = Clause("\x1b", "\x07", "\x00", "\x9b", "\u202e")
    whose = Attribution(Fault.SERVER, "\x1b", "\x07", (Evidence("\x00", Verdict.FAIL, "\x1b"),), (), "\x1b")
    one: Explanation = explained(run, result, {name: clause for name in result.cite}, whose, nonce="ab12", raw=raw)
    for line in "\n".join(lines(one, lambda file: "", for_diff=for_diff)).split("\n"):
        assert all(char.isprintable() or char == "\t" for char in line), repr(line)
        line.encode()


def test_a_known_failure_without_a_cause_says_why() -> None:
    unknown = replace(WHOSE, fault=Fault.UNKNOWN, evidence=())
    known = replace(RESULT, verdict=Verdict.KNOWN)
    for result, attribution, shown in ((known, unknown, True), (known, WHOSE, False), (RESULT, unknown, False)):
        text = "\n".join(lines(explained(RUN, result, CLAUSES, attribution), lambda _: SOURCE))
        assert ("\n  known failures are not run on other targets to find the cause\n" in text) is shown
