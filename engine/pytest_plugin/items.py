"""A suite's file as a collector, and a job as an item."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import EngineError
from engine.execution.planning.plan import Job
from engine.model.verdict import JobResult, Verdict
from engine.terminal.escape import visible
from engine.worker.messages import ResultMessage

# Modules that show a failure are imported with the first one.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from engine.documents.diagnostics import Diagnostic
    from engine.pytest_plugin.state import Conformance


class InvalidSuite(Exception):
    """A suite has errors."""

    def __init__(self, errors: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class CaseFailed(Exception):
    """The verdict of a case fails its item."""

    def __init__(self, result: JobResult) -> None:
        super().__init__(result.reason)
        self.result = result


class SuiteFile(pytest.File):
    """One suite: collects an item for each of its cases on each of their targets."""

    conformance: Conformance

    def collect(self) -> Iterable[pytest.Item]:
        """The items, in the order of the suite; none if an option is wrong, which is reported once for the session.
        Raises InvalidSuite if the suite has errors."""
        if self.conformance.trouble:
            return
        path = Path(os.path.relpath(self.path))
        loaded = self.conformance.load(path)
        errors = [one for one in loaded.diagnostics if one.is_error]
        if errors:
            raise InvalidSuite(errors)
        cases = [case for suite in loaded.suites for case in suite.cases if self.conformance.selection.takes(case)]
        jobs = self.conformance.engine.plan(cases, self.conformance.targets)
        self.conformance.collected(loaded, path)
        for job in jobs:
            name = f"{job.case.id}[{job.target.id}]"
            if job.case.extended and not (self.conformance.extended or name in self.conformance.named_items):
                continue
            # Brackets in a name that pytest makes the node id from break --lf; the id is given as it is.
            yield CaseItem.from_parent(
                self, name=name, nodeid=f"{self.nodeid}::{name}", job=job, conformance=self.conformance
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The errors as the linter reports them, without a traceback."""
        if isinstance(excinfo.value, InvalidSuite):
            from engine.pytest_plugin.longrepr import SuiteErrors

            return SuiteErrors(excinfo.value.errors)
        if isinstance(excinfo.value, EngineError):
            return visible(str(excinfo.value), lines=True)
        return super().repr_failure(excinfo)


class CaseItem(pytest.Item):
    """One case on one target."""

    def __init__(self, *, job: Job, conformance: Conformance, **others: Any) -> None:
        super().__init__(**others)
        self.job = job
        self.conformance = conformance
        self.message: ResultMessage | None = None
        self.cell = -1
        for mark in conformance.marks.of(job.case):
            self.add_marker(mark)

    def runtest(self) -> None:
        """Wait for the verdict of the job, and turn it into an outcome of pytest's."""
        self.message = self.conformance.result(self)
        self.user_properties.append(("verdict", self.message.verdict))
        if self.job.case.cite:
            self.user_properties.append(("cite", ", ".join(self.job.case.cite)))
            self.user_properties.append(("risk", self.job.case.risk))
        if self.message.verdict == Verdict.PASS and not self.message.recorded:
            return
        from engine.results.analysis.redaction import redacted_result

        result = redacted_result(self.message.whole)
        for name, value in result.recorded.items():
            self.user_properties.append((f"recorded.{name}", str(value)))
        match result.verdict:
            case Verdict.UNSUPPORTED | Verdict.BLOCKED:
                pytest.skip(f"{result.verdict.value}: {result.reason}")
            case Verdict.KNOWN:
                pytest.xfail(result.reason)
            case Verdict.WARN if result.breaks_build(strict=self.conformance.warnings_fail):
                raise CaseFailed(result)
            case Verdict.WARN:
                from engine.terminal import failure

                self.add_report_section("call", "warning", failure.text(result, self.conformance.sources))
            case Verdict.FLAKY if not result.breaks_build(flaky_fails=self.conformance.flaky_fails):
                pytest.xfail(f"flaky: {result.reason}")
            case verdict if verdict.breaks or verdict is Verdict.FLAKY:
                raise CaseFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure as the engine shows it: its place in the suite, the traffic, and the cause as far as known."""
        if isinstance(excinfo.value, CaseFailed):
            result = excinfo.value.result
            return self.conformance.failure(result, self.conformance.cause(result))
        if isinstance(excinfo.value, EngineError):
            return f"{self.job.target.id}: {visible(str(excinfo.value), lines=True)}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file and the line of the case; pytest counts lines from 0."""
        return self.path, self.job.case.place.line - 1, self.name
