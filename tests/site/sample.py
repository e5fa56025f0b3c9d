"""Sources of sites: the sample of the reports' tests with known bugs and declarations, and a hostile run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from engine.model.bug import FRAMEWORK, SERVER, Bug
from engine.model.clause import Clause, Risk, Untested, UntestedReason
from engine.model.transcript import Side, TraceEvent
from engine.model.typed_value import typed
from engine.model.verdict import Verdict
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run
from engine.site.document import site
from engine.site.source import DeclaredCase, DeclaredServer, SiteSource
from tests.reports.browser import sample
from tests.reports.page import hostile

URL = "https://www.rfc-editor.org/"
CLAUSES = {
    "H1-17": Clause("H1-17", "must", "RFC 9112 §3.2", "No Host is refused.", URL, Risk.SMUGGLING, document="HTTP/1.1"),
    "H1-99": Clause(
        "H1-99", "must", "RFC 9112 §9", "Nobody sees it.", URL, document="HTTP/1.1",
        untested=Untested(UntestedReason.NOT_OBSERVABLE, "it leaves no trace"),
    ),
}  # fmt: skip
BUGS = (
    Bug("G1", SERVER, "gunicorn", "24.0", "25.0.0", "It was slow", "#1", clauses=("H1-17",)),
    Bug("G2", SERVER, "gunicorn", "27.0.1", "", "It is slow", "#2"),
    Bug("L1", FRAMEWORK, "litestar", "1.0", "2.0", "It was wrong", "#3", clauses=("H1-17",)),
)


def report(run: Run) -> GridReport:
    """The report of a run."""
    return GridReport(run, grid_of(run), attributions(run), clauses=CLAUSES, sources={sample.FILE: sample.DOCUMENT})


def versioned(run: Run) -> Run:
    """A run whose targets have the versions that their ids name, and capabilities."""
    rows = tuple(
        replace(
            one, version=one.release.removeprefix("==") or "27.0.1", offers=("websocket",), python="3.11.7",
            framework_version="" if one.framework == "control" else "2.0",
        )
        for one in run.targets
    )  # fmt: skip
    scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "extensions": {"http.response.push": {}, "x": {}}}
    called = TraceEvent(0.0008, Side.APP, "call 2", "called", value=typed(scope))
    results = tuple(
        replace(one, transcript=replace(one.transcript, events=(called, *one.transcript.events)))
        if one.transcript
        else one
        for one in run.results
    )
    return replace(run, targets=rows, results=results)


@cache
def source() -> SiteSource:
    """Three servers, one of them in two releases, with each verdict, and a target that did not start."""
    whole = versioned(sample.run("20260102-000000-bbbb", granian=Verdict.FAIL))
    header = {**whole.header, "machine": {"cpu": "Z80", "cores": 1}, "python": "3.11.7", "system": "Linux"}
    cases = {one.address: DeclaredCase(("websocket",), ("workers",)) for one in whole.results if one.case == "close"}
    return SiteSource(
        (report(replace(whole, header=header)),),
        CLAUSES,
        BUGS,
        {
            "gunicorn": DeclaredServer(
                "gunicorn",
                "gunicorn",
                capabilities=frozenset({"state"}),
                options=("workers",),
                since={"websocket": "26.0"},
            )
        },
        cases,
        {"websocket": "a WebSocket is opened", "state": "there is a state", "push": "nobody has it"},
        {"push": "http.response.push"},
    )


def hostile_source() -> SiteSource:
    """A source in which every text is hostile."""
    whole = hostile.report()
    text = hostile.WHOLE
    bugs = [Bug(text, sort, text, text, f"{text}1", text, text, clauses=(text,)) for sort in (SERVER, FRAMEWORK)]
    clause = Clause(text, "must", text, text, f"javascript:{text}", document=text)
    servers = {row.server: DeclaredServer(row.server, text, text, options=(text,)) for row in whole.run.targets}
    cases = {one.address: DeclaredCase((text,), (text,)) for one in whole.run.results}
    return SiteSource(
        (whole,), {**whole.clauses, text: clause}, tuple(bugs), servers, cases, {text: text}, {text: text}
    )


@cache
def files(kind: str = "sample") -> dict[str, str]:
    """The files of a site by path."""
    return dict(site(source() if kind == "sample" else hostile_source()))
