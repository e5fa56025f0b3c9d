"""A run for the tests in a browser: every verdict, two releases of a server, values of a matrix, and time lines."""

from __future__ import annotations

from dataclasses import replace

from engine.model.clause import Clause, Risk
from engine.model.expectation import Mismatch
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.reports.view import GridReport
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, TargetRow
from tests.results.synthetic import row

FILE = "specs/http/wire.yaml"
LINE = "      - request: {path: /, expect: {status: 400}}"
DOCUMENT = f"suite: Wire\ncases:\n  - id: host\n    steps:\n{LINE}\n"
NAMES = tuple(
    f"{server} {framework}"
    for server in ("gunicorn", "gunicorn==25.0.0", "granian", "reference")
    for framework in ("control", "litestar")
)
# A value of a matrix with the characters that an address uses itself.
PARAMETERS = "host[a/b==1?q=&x%41#y]"

HEAD = b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"
EVENTS = (
    TraceEvent(0.0003, Side.WIRE, "connection 1", "connected", "from port 40001"),
    TraceEvent(0.0004, Side.WIRE, "connection 1", "sent", "", HEAD, len(HEAD)),
    TraceEvent(
        0.0005,
        Side.APP,
        "call 1",
        "called",
        "type='http'",
        value=typed({"type": "http", "headers": [(b"a", b"\xff")]}),
        connection="connection 1",
    ),
    TraceEvent(0.0006, Side.WIRE, "connection 1", "received", "", SWITCH, len(SWITCH)),
    TraceEvent(0.0007, Side.WIRE, "connection 1", "sent", "", bytes.fromhex("8182 01020304 6960"), 8),
    TraceEvent(0.0009, Side.WIRE, "connection 1", "closed", "by this side"),
)
MISMATCH = Mismatch(
    "body",
    "b'hello world'",
    b"hello there",
    SourceSpan(FILE, 5, LINE.index("400") + 1, 3),
    operator="equals",
    expected_value=b"hello world",
    excerpt=Excerpt(LINE, LINE.index("400"), 3),
)


def result(target: TargetRow, case: str, category: str, verdict: Verdict) -> JobResult:
    """A result of the sample."""
    failed = verdict in (Verdict.FAIL, Verdict.KNOWN, Verdict.CRASH, Verdict.TIMEOUT, Verdict.FLAKY)
    excuse = Excuse("expected body, got another", "it is old", "https://example.org/1", "specs/known-failures.yaml:3:5")
    return JobResult(
        case,
        FILE,
        target.id,
        category,
        "must" if category == "http" else "should",
        verdict,
        "expected body b'hello world', got b'hello there'" if failed else "",
        (MISMATCH,) if failed else (),
        (MISMATCH,) if verdict is Verdict.WARN else (),
        started=1.0,
        seconds=0.012,
        evaluated=3,
        transcript=Transcript(0.0, EVENTS) if failed else None,
        cite=("H1-17",),
        risk="smuggling",
        title=f"Case {case}",
        reproduce="engine serve x --port 18000\ncurl -i http://127.0.0.1:18000/" if failed else "",
        log="a line\nanother\n" if failed else "",
        excuse=excuse if verdict is Verdict.KNOWN else None,
    )


def run(name: str, **verdicts: Verdict) -> Run:
    """A run; ``verdicts`` are those of the case ``host`` by server, where it does not pass."""
    rows = [replace(row(one), version="27.0.1") for one in NAMES]
    results = []
    for target in rows:
        for case, category in (("host", "http"), (PARAMETERS, "http"), ("close", "websocket")):
            fails = case == "host" and target.release == ""
            verdict = verdicts.get(target.server, Verdict.PASS) if fails else Verdict.PASS
            if case == PARAMETERS and target.release:
                verdict = Verdict.KNOWN
            results.append(result(target, case, category, verdict))
    for verdict in Verdict:
        results.append(result(rows[0], f"each-{verdict.value}", "websocket", verdict))
    dead = replace(row("dead control"), failed="no module named x", hint="install it", log="Traceback")
    header = {"targets": [one.id for one in rows], "engine": "0.1.0", "started": 1.0, "arguments": ["grid"]}
    return Run(name, header, (*rows, dead), tuple(results), True, "whole", seconds=3.0)


def stopped() -> GridReport:
    """The report of a run on one target, which did not start, and on one where a case timed out without a mismatch."""
    dead = replace(row("dead control"), failed="no module named x", hint="install it", log="Traceback: x")
    slow = row("slow control")
    results = (
        result(dead, "host", "http", Verdict.ERROR),
        replace(
            result(slow, "host", "http", Verdict.TIMEOUT), mismatches=(), transcript=None, reason="no end after 10 s"
        ),
        result(slow, "close", "websocket", Verdict.PASS),
    )
    whole = Run("20260103-000000-cccc", {"targets": [dead.id, slow.id]}, (dead, slow), results, True, "whole")
    return GridReport(whole, grid_of(whole), attributions(whole))


def report() -> GridReport:
    """The report of the sample, compared with a run before it."""
    before = run("20260101-000000-aaaa", gunicorn=Verdict.FAIL)
    after = run("20260102-000000-bbbb", granian=Verdict.FAIL)
    clause = Clause(
        "H1-17",
        "must",
        "RFC 9112 §3.2",
        "A request without Host is refused.",
        "https://www.rfc-editor.org/",
        Risk.SMUGGLING,
    )
    return GridReport(
        after,
        grid_of(after),
        attributions(after),
        "",
        {"H1-17": clause},
        {FILE: DOCUMENT},
        compare(*sides(before, after)),
    )
