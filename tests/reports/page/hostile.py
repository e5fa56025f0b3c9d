"""A run in which every field that a server, an application, a log or a document fills has hostile text.

Each payload tries to become markup, script, a link, a sequence of a terminal, or another order of the text. ``RAN`` is
the name of the global variable that a payload sets if it runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.model.clause import Clause, Risk
from engine.model.evidence_quality import EvidenceQuality
from engine.model.expectation import Mismatch
from engine.model.origin import Origin, Part
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import Attempt, Excuse, JobResult, Recheck, Verdict
from engine.reports.view import GridReport
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, TargetRow

RAN = "hostile"
PAYLOADS = (
    f"<script>window.{RAN}=1</script>",
    f"<img src=x onerror=window.{RAN}=1>",
    f"</script><script>window.{RAN}=1</script>",
    f"</style><svg onload=window.{RAN}=1>",
    f"javascript:window.{RAN}=1",
    f"'\"><a href=javascript:window.{RAN}=1 autofocus onfocus=window.{RAN}=1>x</a>",
    f"{{{{7*7}}}}${{window.{RAN}=1}}{{%raw%}}",
    "-->]]>&lt;b&gt;",
    "\x00\x07\x1b[31m\x1b]0;x\x07\x7f\x9b",
    "\u202e\u2066abc\u200b\ufeff\U000e0041",
    "\ud800 alone \udfff",
    "a" + "\u0301" * 300,
    "n" * 5000,
    "=cmd|'/c calc'!A1\r\n\r\n::error::x",
    "| a | b |\n| - | - |\n```\n# head\n[x](javascript:x)",
    "\r\nSet-Cookie: a=b",
)
WHOLE = "".join(PAYLOADS[:8]) + PAYLOADS[8] + PAYLOADS[9] + PAYLOADS[10]
"""One text with all short payloads."""


def target(number: int, text: str, **more: Any) -> TargetRow:
    """A target each of whose texts is hostile."""
    return TargetRow(
        f"t{number}{text}",
        f"s{number}{text}",
        f"f{text}",
        f"l{text}",
        f"g{text}",
        f"r{text}",
        found_loop=text,
        python=text,
        versions={text: text},
        version=text,
        commit=text,
        hint=text,
        log=text,
        offers=(text,),
        refuted=(text,),
        release=f"=={text}",
        framework_release=f"=={text}",
        framework_version=text,
        source=text,
        **more,
    )


def mismatch(text: str) -> Mismatch:
    """A mismatch whose names, values and places are hostile."""
    return Mismatch(
        f"w{text}",
        f"'{text}'",
        {text: [text, text.encode("utf-8", "surrogatepass"), (text, {"$b": text})]},
        SourceSpan(f"specs/{text}.yaml", 3, 5, 4),
        text,
        True,
        "equals",
        text.encode("utf-8", "surrogatepass"),
        Excerpt(f"  - {text}", 4, len(text)),
    )


def transcript(text: str) -> Transcript:
    """A time line of both sides with the text as bytes, as a message, and as a name."""
    data = text.encode("utf-8", "surrogatepass")
    switched = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n\x81\x7e\x00\x05ab"
    events = [
        TraceEvent(0.001, Side.WIRE, f"c{text}", "connected", text),
        TraceEvent(0.002, Side.WIRE, f"c{text}", "sent", "", data, len(data) + 9, text),
        TraceEvent(0.003, Side.APP, f"a{text}", "called", text, value=typed({text: text, "b": data}), connection=text),
        TraceEvent(0.004, Side.WIRE, f"c{text}", "received", "", switched, len(switched)),
        TraceEvent(0.005, Side.WIRE, f"c{text}", "received", "", b"\x88\x05\x03\xe8" + data, len(data) + 4),
        TraceEvent(0.006, Side.WIRE, "h2", "sent", "", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + data, len(data) + 24),
        TraceEvent(0.007, Side.STEP, text, f"w{text}", text),
    ]
    return Transcript(0.0, tuple(events))


def result(row: TargetRow, verdict: Verdict, text: str, number: int) -> JobResult:
    """A result each of whose texts is hostile."""
    return JobResult(
        f"case{number}{text}",
        f"specs/{text}.yaml",
        row.id,
        f"cat{text}",
        "must",
        verdict,
        f"r{text}",
        (mismatch(text),),
        (mismatch(text),),
        {text: text},
        SourceSpan(f"specs/{text}.yaml", 3, 5, 4),
        1.0,
        0.5,
        3,
        transcript(text),
        f"engine serve {text}\n{text}",
        text,
        (f"X-{text}", "KNOWN-1"),
        text,
        text,
        (Attempt(verdict, text, 0.1),),
        f"log {text}\n",
        Recheck(verdict, text),
        (text,),
        send_raised=(text,),
        excerpt=Excerpt(text, 0, 3),
        evidence=EvidenceQuality(1, text, (text,)),
        excuse=Excuse(text, text, f"javascript:window.{RAN}=1//{text}", text),
        origin=Origin(Part.APP, text),
        sending="",
    )


def run(name: str = "run") -> Run:
    """A run with each verdict, each payload, and a target that did not start."""
    rows = [target(number, WHOLE) for number in range(2)]
    dead = target(9, WHOLE, failed=f"failed {WHOLE}")
    results = [result(row, verdict, WHOLE, number) for row in rows for number, verdict in enumerate(Verdict)]
    results += [result(rows[0], Verdict.FAIL, text, 100 + number) for number, text in enumerate(PAYLOADS)]
    header = {
        "targets": [row.id for row in rows],
        "engine": WHOLE,
        "python": WHOLE,
        "system": WHOLE,
        "arguments": [WHOLE],
        "machine": {"cpu": WHOLE, "cores": 2, "memory": 1, "architecture": WHOLE},
        "data": {"origin": WHOLE, "corpus": WHOLE},
    }
    return Run(f"{name}{WHOLE}", header, (*rows, dead), tuple(results), False, f"e{WHOLE}")


def report() -> GridReport:
    """The report of the run, compared with one in which other cases fail."""
    whole = run()
    other = {Verdict.FAIL: Verdict.PASS, Verdict.PASS: Verdict.FAIL}
    before = replace(
        run("before"), results=tuple(replace(one, verdict=other.get(one.verdict, one.verdict)) for one in whole.results)
    )
    clauses = {
        name: Clause(name, WHOLE, WHOLE, WHOLE, f"javascript:window.{RAN}=1", Risk.LEAK)
        for name in {name for one in whole.results for name in one.cite}
    }
    sources = {one.file: f"cases:\n  - id: {one.case}\n    x: {one.title}\n" for one in whole.results}
    return GridReport(whole, grid_of(whole), attributions(whole), "", clauses, sources, compare(*sides(before, whole)))
