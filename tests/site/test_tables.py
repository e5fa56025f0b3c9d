"""The figures: states, whom a failure counts against, what is comparable, and since when a clause is met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.bug import SERVER, Bug
from engine.model.clause import Clause
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import JobResult, Verdict
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run
from engine.site.links import slug, words
from engine.site.releases import Releases
from engine.site.source import SiteSource
from engine.site.subjects import Entry, Subject, order, subject_of
from engine.site.support import State
from engine.site.tables import Tables
from engine.site.traffic import as_lines, scopes
from tests.results.synthetic import result, row

CLAUSES = {name: Clause(name, "must", "RFC", "text", document="D") for name in ("A", "B")}


def cell(name: str, verdict: Verdict, case: str, *cite: str) -> JobResult:
    """A result of a case that cites clauses."""
    return replace(result(row(name), verdict, case=f"specs/x.yaml::{case}"), cite=cite)


def tables(*results: JobResult, bugs: tuple[Bug, ...] = ()) -> Tables:
    """The tables of some results on one run."""
    names = {row(f"{server} {app}").id: row(f"{server} {app}") for server in SERVERS for app in ("control", "f")}
    targets = tuple(names[name] for name in dict.fromkeys(one.target for one in results))
    whole = Run("r", {}, targets, results, True, "whole")
    report = GridReport(whole, grid_of(whole), attributions(whole))
    return Tables(SiteSource((report,), CLAUSES, bugs))


SERVERS = ("s", "t", "s==1.0", "s==2.0", "s==10.0", "reference")


def subject(found: Tables, name: str) -> Subject:
    """A subject by its name and version."""
    return next(one for one in found.collection.subjects if one.title == name)


@pytest.mark.parametrize(
    ("verdicts", "state", "figure"),
    [
        ([Verdict.PASS, Verdict.INFO], State.YES, ""),
        ([Verdict.PASS, Verdict.UNEXPECTED_PASS], State.YES, ""),
        ([Verdict.PASS, Verdict.WARN], State.ADVICE, ""),
        ([Verdict.PASS, Verdict.KNOWN], State.PARTLY, "1/2"),
        ([Verdict.WARN, Verdict.FLAKY], State.PARTLY, "1/2"),
        ([Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH], State.NO, ""),
        ([Verdict.UNSUPPORTED], State.UNSUPPORTED, ""),
        ([Verdict.ERROR], State.UNTESTED, ""),
    ],
)
def test_states(verdicts: list[Verdict], state: State, figure: str) -> None:
    found = tables(*(cell("s control", verdict, f"c{number}", "A") for number, verdict in enumerate(verdicts)))
    support = found.by_clause.get(("A", subject(found, "s")))
    assert (support.state if support else State.UNTESTED) is state
    assert (support.figure if support else "") == figure


def test_a_failure_of_the_framework_does_not_count_against_the_server() -> None:
    found = tables(
        cell("s control", Verdict.PASS, "c", "A"),
        cell("s f", Verdict.FAIL, "c", "A"),
        cell("t control", Verdict.PASS, "c", "A"),
        cell("t f", Verdict.FAIL, "c", "A"),
    )
    assert {found.by_clause["A", one].state for one in found.collection.current} == {State.YES}


def test_figures_count_the_clauses_that_all_servers_can_be_held_to() -> None:
    found = tables(
        cell("s control", Verdict.PASS, "a", "A"),
        cell("t control", Verdict.FAIL, "a", "A"),
        cell("s control", Verdict.FAIL, "b", "B"),
        cell("t control", Verdict.UNSUPPORTED, "b", "B"),
    )
    (lane,) = found.collection.lanes
    assert found.comparable[lane] == {"A"}
    assert [str(found.figure(one, CLAUSES)) for one in found.collection.current] == ["1/1", "0/1"]


def test_the_reference_server_is_left_out_next_to_others() -> None:
    both = tables(cell("s control", Verdict.PASS, "a", "A"), cell("reference control", Verdict.PASS, "a", "A"))
    assert [one.server for one in both.collection.current] == ["s"]
    only = tables(cell("reference control", Verdict.PASS, "a", "A"))
    assert [one.server for one in only.collection.current] == ["reference"]


def released(*verdicts: Verdict, bugs: tuple[Bug, ...] = ()) -> Releases:
    """Three releases with the verdict of one case on each, the oldest first."""
    names = ("s==1.0", "s==2.0", "s==10.0")
    return Releases(
        tables(*(cell(f"{name} control", one, "a", "A") for name, one in zip(names, verdicts, strict=True)), bugs=bugs)
    )


def bug(fixed: str) -> Bug:
    """A bug that violates the clause A."""
    return Bug("B1", SERVER, "s", "0.1", fixed, "title", "source", clauses=("A",))


@pytest.mark.parametrize(
    ("verdicts", "bugs", "since"),
    [
        ("pass pass pass", (), "1.0 or earlier"),
        ("fail pass pass", (), "2.0"),
        ("pass fail pass", (), "10.0"),
        ("pass pass fail", (), "None"),
        ("pass pass pass", (bug("0.9"),), "0.9"),
        ("fail pass pass", (bug("3.0"),), "3.0"),
        ("fail pass pass", (bug("1.5"),), "2.0"),
        ("pass pass pass", (bug("11.0"), bug("")), "1.0 or earlier"),
    ],
)
def test_since(verdicts: str, bugs: tuple[Bug, ...], since: str) -> None:
    releases = released(*map(Verdict, verdicts.split()), bugs=bugs)
    (current,) = releases.tables.collection.current
    assert current.version == "10.0"
    assert str(releases.since("A", current)) == since


def test_a_release_is_compared_with_the_one_before_it() -> None:
    pages = {one.version: one for one in released(Verdict.PASS, Verdict.FAIL, Verdict.PASS, bugs=(bug("2.0"),)).pages}
    assert list(pages) == ["10.0", "2.0", "1.0", "0.1"]
    assert [(one.previous, [each.change.value for each in one.changes]) for one in pages.values()] == [
        ("2.0", ["fixed"]), ("1.0", ["regressed"]), ("", []), ("", [])
    ]  # fmt: skip
    assert [len(one.fixed) for one in pages.values()] == [0, 1, 0, 0]
    assert len(pages["0.1"].has) == 1


def test_versions_sort_as_versions() -> None:
    assert sorted(["10.0", "2.0", "x", "2.0rc1"], key=order) == ["x", "2.0rc1", "2.0", "10.0"]


def test_paths() -> None:
    assert slug("H1-17") == "H1-17"
    assert slug("a b") != slug("a-b")
    assert slug("../x").startswith("x-")
    assert slug("\ud800")
    assert words("HTTP/1.1 body framing") == "http-1.1-body-framing"


def test_scopes_are_those_of_a_server() -> None:
    def seen(kind: str, version: str, *others: TraceEvent) -> Entry:
        scope = {"type": kind, "asgi": {"spec_version": version}, "extensions": {"websocket.http.response": {}}}
        called = TraceEvent(0.1, Side.APP, "call 1", "called", value=typed(scope))
        one = replace(cell("s control", Verdict.FAIL, kind, "A"), transcript=Transcript(0.0, (*others, called)))
        return Entry(one, row("s control"), subject_of(row("s control")), None, 0)

    sent = TraceEvent(0.0, Side.WIRE, "connection 1", "sent", "", b"x", 1)
    found = scopes([seen("http", "2.5"), seen("bogus", "9", sent), seen("websocket", "2.3", sent)])
    assert found == {"websocket": ("2.3", ("websocket.http.response",))}


def test_bytes_are_written_out() -> None:
    assert as_lines(b"a\r\n\x00\xff\\") == ("a\\r\\n", "\\x00\\xff\\\\")
    assert as_lines(b"a\n") == ("a\\n",)
    assert as_lines(b"") == ()
