"""Applying the baseline to a verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.model.baseline import KnownFailure
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict

# What a line of the baseline may excuse. An error is the engine's or the case's, and never known.
EXCUSED = (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH)
MENDED = (Verdict.PASS, Verdict.WARN)


def judged(result: JobResult, target: Target, known: Sequence[KnownFailure]) -> JobResult:
    """The result as the baseline has it: a listed failure is ``known``, a listed case that passes is ``fixed``."""
    line = next((one for one in known if covers(one, result, target)), None)
    if line is None:
        return result
    if result.verdict in EXCUSED:
        reason = f"{result.reason}; known: {line.because} ({line.link})"
        return replace(result, verdict=Verdict.KNOWN, reason=reason)
    if result.verdict in MENDED:
        reason = f"it passes, and {line.place} lists it as a known failure: take the line out"
        return replace(result, verdict=Verdict.FIXED, reason=reason, step=line.place)
    return result


def stem(case: str) -> str:
    """The case's own id in an address, without the name of a matrix's value: what a line is found by."""
    return case.partition("[")[0].rpartition("::")[2]


def covers(line: KnownFailure, result: JobResult, target: Target) -> bool:
    """Whether a line speaks of a case on a target. Its file is seen from the checkout, and a result's from the folder
    that the engine runs in, so the end of the path decides."""
    stem = result.address.rpartition("[")[0] if result.address.endswith("]") else result.address
    if not any(name == line.case or name.endswith(f"/{line.case}") for name in (stem, result.address)):
        return False
    return line.selector.covers(
        server=target.server,
        framework=target.framework,
        loop=target.loop,
        gateway=target.gateway,
        runtime=target.runtime,
    )
