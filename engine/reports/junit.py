"""JUnit XML as GitLab, Jenkins and other readers take it: a test suite for each target, a test case for each result.

The elements and their order are those that pytest's own ``--junitxml`` writes (``junit_family=xunit2``), with
``properties`` in a test case: the verdict, the level, and the clauses that the case cites.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from xml.etree import ElementTree

from engine.model.verdict import JobResult, Verdict
from engine.reports.base import Format
from engine.reports.texts import details, harmless
from engine.reports.view import GridReport
from engine.results.analysis.grouping import server_of
from engine.results.analysis.summary import early_end, excuse_of
from engine.results.record.store import TargetRow

_COUNTS = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
_STAMP = "%Y-%m-%dT%H:%M:%S"


def document(report: GridReport) -> str:
    """The document. A failure, timeout, crash or unexpected pass is a ``failure``, an error an ``error``. A known
    failure is ``skipped`` with its reason, and so is a case that did not run. A warning passes, with its text as
    ``system-out``. A target that did not start has a single test case, ``start``, with an ``error``. If the run
    ended early, each suite has the property ``incomplete``, a sentence with the number of results."""
    part = report.part
    by_target: dict[str, list[JobResult]] = {row.id: [] for row in part.targets}
    for one in part.results:
        by_target[one.target].append(one)
    root = ElementTree.Element("testsuites", name="engine")
    for row in part.targets:
        _suite(root, row, [one for one in by_target[row.id] if not _never_ran(row, one)], report)
    if not part.targets and (ended := early_end(report.run)):
        empty = _element(root, "testsuite", name=report.run.id)
        _properties(empty, {"run": report.run.id, "incomplete": ended})
        _count(empty)
    _count(root)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _never_ran(row: TargetRow, result: JobResult) -> bool:
    return bool(row.failed) and result.verdict is Verdict.ERROR


def _suite(root: ElementTree.Element, row: TargetRow, results: list[JobResult], report: GridReport) -> None:
    suite = _element(root, "testsuite", name=row.id)
    started = min((one.started for one in results if one.started), default=0.0)
    if started:
        suite.set("timestamp", time.strftime(_STAMP, time.gmtime(started)))
    _properties(
        suite,
        {
            "run": report.run.id, "server": server_of(row), "framework": row.framework,
            "loop": row.found_loop or row.loop, "gateway": row.gateway, "runtime": row.runtime, "http": row.http,
            "python": row.python,
            "incomplete": early_end(report.run),
        },
    )  # fmt: skip
    if row.failed:
        case = _element(suite, "testcase", classname=row.id, name="start", time="0.000")
        error = _element(case, "error", message=f"did not start: {row.failed}")
        error.text = harmless("\n".join(text for text in (row.failed, row.hint, row.log) if text))
    for one in results:
        _case(suite, one, report)
    _count(suite)


def _case(suite: ElementTree.Element, one: JobResult, report: GridReport) -> None:
    classname = f"{one.target}.{one.file}"
    case = _element(suite, "testcase", classname=classname, name=one.case, time=f"{one.seconds:.3f}", file=one.file)
    cause = report.causes.get((one.address, one.target))
    found = {"verdict": one.verdict.value, "level": one.level, "risk": one.risk, "title": one.title}
    found["cite"] = ", ".join(one.cite)
    _properties(case, {**found, "cause": cause.heading if cause else ""})
    text = "\n".join([one.reason, *details(one, cause)])
    match one.verdict:
        case Verdict.ERROR:
            _element(case, "error", message=one.reason, type=one.verdict.value).text = harmless(text)
        case verdict if verdict.breaks and not one.held_back:
            _element(case, "failure", message=one.reason, type=verdict.value).text = harmless(text)
        case Verdict.KNOWN:
            excuse = excuse_of(one)
            why = f"known failure: {excuse.because or excuse.failure}" + (f" ({excuse.link})" if excuse.link else "")
            _element(case, "skipped", message=why, type=one.verdict.value)
            _element(case, "system-out").text = harmless(text)
        case verdict if not verdict.ran:
            _element(case, "skipped", message=one.reason, type=verdict.value)
        case verdict if not verdict.clean:
            _element(case, "system-out").text = harmless(f"{verdict.value}: {text}")


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: harmless(value) for name, value in attributes.items()})


def _properties(parent: ElementTree.Element, values: Mapping[str, str]) -> None:
    """Properties by name; one without a value is left out."""
    parts = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            _element(parts, "property", name=name, value=value)


def _count(parent: ElementTree.Element) -> None:
    """Set the counts and the time of a suite, or of all, by its test cases."""
    cases = list(parent.iter("testcase"))
    parent.set("tests", str(len(cases)))
    for attribute, tag in _COUNTS:
        parent.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    parent.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


FORMATS = Format("junit", ".xml", grid=document, written=False)
