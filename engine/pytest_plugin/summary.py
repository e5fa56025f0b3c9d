"""The engine's part of pytest's terminal summary: warnings, causes of failures, and the place of the record."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asgi_conformance_pytest import requested
from engine.app.project_paths import displayed
from engine.app.runs import again
from engine.errors import ResultsError
from engine.model.verdict import Verdict
from engine.terminal.escape import visible, width
from engine.terminal.paint import Paint, Role, wrap

if TYPE_CHECKING:
    from engine.pytest_plugin.state import Conformance
    from engine.results.record.store import Run

# The modules that show failures are imported where there are any.
# ruff: noqa: PLC0415


CI = ("CI", "BUILD_NUMBER")
"""Variables of systems on which pytest shortens no message."""
COMMAND = re.compile(r"\bengine [a-z]+ \S*(?:-|/|\.yaml)")
"""A command of the engine in a line: ``engine grid specs/http``."""


def page(conformance: Conformance) -> Iterator[str]:
    """Write the page of ``--asgi-html``; a line that names it, or the reason why it could not be written."""
    named = str(conformance.config.getoption("asgi_html") or "")
    if not named or conformance.store is None:
        return
    from engine.app.pages import write_page

    path = conformance.config.invocation_params.dir / named
    try:
        warning = write_page(path, again(str(conformance.store.folder), conformance.places), conformance.places)
    except ResultsError as error:
        yield f"conformance: {visible(str(error), lines=True)}"
        return
    yield f"conformance: written: {displayed(path)}" + (f" ({warning})" if warning else "")


def write(terminalreporter: Any, conformance: Conformance) -> None:
    """Write it."""
    terminal = conformance.config.get_terminal_writer()
    columns, paint = terminal.fullwidth, Paint(bool(terminal.hasmarkup))

    def put(line: str) -> None:
        for part in fitted(line, columns):
            terminalreporter.write_line(part)

    in_full = conformance.config.get_verbosity() >= 2 or any(os.environ.get(name) for name in CI)
    for report in terminalreporter.stats.get("failed", ()):
        fit = getattr(report.longrepr, "fit", None)
        if fit is not None and not in_full:
            fit(columns - len(f"FAILED {report.nodeid} - "))
    lines = list(warnings(conformance, columns, paint))
    if lines:
        terminalreporter.section("conformance warnings", yellow=True)
        for line in lines:
            terminalreporter.write_line(line)
    for path in dict.fromkeys(requested(conformance.config).left):
        put(f"conformance: {displayed(path)} was not collected: it begins with `suite` and lacks a category, or cases")
    if conformance.trouble_of_workers:
        terminalreporter.write_line(f"ERROR: {visible(conformance.trouble_of_workers, lines=True)}", red=True)
    if conformance.shard_line:
        put(f"conformance: {conformance.shard_line}")
    if conformance.store is None:
        return
    for line in (*unjudged(conformance), *steadiness(conformance)):
        put(line)
    for line in page(conformance):
        put(line)
    lines = list(causes(conformance))
    if lines:
        terminalreporter.section("causes")
        for line in lines:
            put(paint(Role.HEADING, line) if not line.startswith(" ") else line)
    for row in conformance.rows.values():
        if row.failed:
            from engine.results.analysis.redaction import redacted_row
            from engine.terminal.run_summary import start_failure

            terminalreporter.section(f"{row.id} did not start", red=True)
            for line in start_failure(redacted_row(row), paint=paint):
                put(line)
    for claim in refuted(conformance):
        put(f"conformance: {visible(claim)}")
    terminalreporter.write_line(f"conformance: the run is in {visible(displayed(conformance.store.path))}")
    if conformance.lost:
        text = f"{conformance.lost} lines of it could not be written: {conformance.store.trouble}"
        terminalreporter.write_line(f"ERROR: conformance: {text}", red=True)


def fitted(line: str, columns: int) -> list[str]:
    """A line as lines of at most so many columns, any number for 0. A command stays on its line, to be copied."""
    if not columns or width(line) <= columns or COMMAND.search(line):
        return [line]
    return wrap(line, columns, further=" " * (len(line) - len(line.lstrip()) + 2))


def warnings(conformance: Conformance, columns: int, paint: Paint) -> Iterator[str]:
    """The warnings of the run, in lines of at most so many columns; none with ``--disable-warnings``."""
    if conformance.warnings and not conformance.config.getoption("disable_warnings"):
        from engine.terminal import run_summary

        results = (message.whole for message in conformance.warnings)
        yield from run_summary.warnings(results, conformance.run_id, columns, paint)


def unjudged(conformance: Conformance) -> Iterator[str]:
    """The reasons why no case ran, in lines; none if one ran, or if the record cannot be read back."""
    run = read_back(conformance) if conformance.nothing_ran else None
    if run is not None:
        from engine.terminal import unjudged as lines_of

        yield from lines_of.lines(run.results)


def steadiness(conformance: Conformance) -> Iterator[str]:
    """The findings of repeating and rechecking, in lines; none without these options."""
    wanted = conformance.times > 1 or conformance.config.getoption("asgi_recheck")
    run = read_back(conformance) if wanted else None
    if run is not None:
        from engine.terminal import repeats

        yield from repeats.lines(run.results)


def causes(conformance: Conformance) -> Iterator[str]:
    """The causes of the failures in this run, in lines; none without failures, or if the record cannot be read back."""
    if conformance.store is None or not any(has_cause(Verdict(one)) for one in conformance.store.counts):
        return
    run = read_back(conformance)
    if run is None:
        return
    from engine.results.analysis.findings import attributions, failing, findings
    from engine.terminal import blame

    wanted = failing(strict=conformance.warnings_fail, flaky_fails=conformance.flaky_fails)
    failures = findings(run, wanted, attributions(run))
    if failures:
        yield from blame.lines(failures)


def has_cause(verdict: Verdict) -> bool:
    """True if the cause of such a verdict is reported."""
    return verdict.reported and not verdict.expected


def refuted(conformance: Conformance) -> list[str]:
    """A sentence for each capability that a server declares and a probe did not find."""
    if not any(row.refuted for row in conformance.rows.values()):
        return []
    from engine.results.analysis.claims import refuted as sentences

    return sentences(list(conformance.rows.values()))


def read_back(conformance: Conformance) -> Run | None:
    """The run as its record has it, with secrets masked and without transcripts; None if the file cannot be read."""
    from engine.results.analysis.redaction import redacted_texts

    assert conformance.store is not None
    try:
        return redacted_texts(again(str(conformance.store.path), conformance.places))
    except ResultsError:
        return None
