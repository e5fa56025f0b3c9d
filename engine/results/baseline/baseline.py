"""Applying the baseline to a verdict. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from engine.model.addresses import bare, parsed
from engine.model.baseline import KnownFailure
from engine.model.case import without_sending
from engine.model.phrasing import sentence
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.results.record.store import TargetRow

# The end of the reason of a failure whose entry has expired.
OVER = re.compile(r"; \S+ excused it until \S+ and does so no longer$")


def judged(result: JobResult, row: TargetRow, known: Sequence[KnownFailure], today: date) -> JobResult:
    """The result as the baseline has it: a listed failure is ``known``, a listed case that passes is
    ``unexpected-pass``, unless its line says that it fails ``sometimes``. A line whose day is over changes no verdict,
    and the reason says so."""
    if not known:
        return result
    addresses = {result.address, plain_address(result)}
    listed = [line for line in known if any(covers(line, address, row) for address in addresses)]
    lines = [one for one in listed if not expired(one, today)]
    if not lines:
        if listed and result.verdict.excusable:
            over = listed[0]
            reason = f"{result.reason}; {over.place} excused it until {over.until} and does so no longer"
            return replace(result, reason=reason)
        return result
    if result.verdict.excusable:
        line = lines[0]
        listed_as = Excuse(result.reason, line.because, line.link, str(line.place), result.verdict.value)
        return replace(result, verdict=Verdict.KNOWN, reason=f"{result.reason}; {excuse(line)}", excuse=listed_as)
    steady = next((one for one in lines if not one.sometimes), None)
    if result.verdict.passing and steady is not None:
        reason = f"it passes, and {steady.place} lists it as a known failure: `engine baseline update` takes it out"
        return replace(result, verdict=Verdict.UNEXPECTED_PASS, reason=reason, step=steady.place)
    return result


def unexcused(result: JobResult) -> JobResult:
    """The result without any baseline: the inverse of ``judged``, as far as the record has it. A known failure of a
    record without its former verdict is a failure, and an unexpected pass is a pass or a warning."""
    if result.verdict is Verdict.KNOWN:
        excuse = result.excuse or Excuse(result.reason)
        verdict = Verdict(excuse.verdict) if excuse.verdict else Verdict.FAIL
        return replace(result, verdict=verdict, reason=excuse.failure, excuse=None)
    if result.verdict is Verdict.UNEXPECTED_PASS:
        verdict = Verdict.WARN if result.warnings else Verdict.PASS
        reason = sentence(result.warnings[0]) if result.warnings else ""
        return replace(result, verdict=verdict, reason=reason, step=None)
    return replace(result, reason=OVER.sub("", result.reason))


def plain_address(result: JobResult) -> str:
    """The address of the case of a result without its delivery: an entry excuses the case however its bytes are
    sent."""
    return without_sending(result.address, result.sending)


def excuse(line: KnownFailure) -> str:
    """The reason of a known failure, on one line."""
    if not line.because:
        return f"known, without a written reason ({line.place})"
    return f"known: {line.because}" + (f" ({line.link})" if line.link else "")


def stem(case: str) -> str:
    """The case's own id in an address, without the name of a matrix's value: what a line is found by."""
    return parsed(bare(case)).case


def expired(line: KnownFailure, today: date) -> bool:
    """True if the day until which a line excuses is over."""
    return line.until is not None and today > line.until


def covers(line: KnownFailure, address: str, row: TargetRow) -> bool:
    """True if a line speaks of a case on a target."""
    return speaks_of(line.case, address) and covers_target(line, row)


def speaks_of(case: str, address: str) -> bool:
    """True if an entry names the case of an address, or all cases of its matrix."""
    return case in (address, bare(address))


def covers_target(line: KnownFailure, row: TargetRow) -> bool:
    """True if a line speaks of a target: by its words, and by the versions that are really installed there."""
    return (
        line.selector.covers(
            server=row.server,
            framework=row.framework,
            loop=row.loop,
            gateway=row.gateway,
            runtime=row.runtime,
            http=row.server_http,
        )
        and (not line.versions or inside(server_version(row), line.versions))
        and (not line.framework_versions or inside(framework_version(row), line.framework_versions))
    )


def inside(version: str, wanted: str) -> bool:
    """True if a version is in a range. One that is not known, or that follows no order, is in none."""
    try:
        return SpecifierSet(wanted).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def server_version(row: TargetRow) -> str:
    """The version of the server that was really installed, "" where nothing was found out. A server whose name
    distinguishes two configurations of one package begins with the package's: ``uvicorn-h11``."""
    return row.version or row.versions.get(row.server) or row.versions.get(row.server.partition("-")[0], "")


def framework_version(row: TargetRow) -> str:
    """The version of the framework that was installed, "" for a bare app. Older records have it only by the name of
    the framework's package."""
    return row.framework_version or row.versions.get(row.framework, "")
