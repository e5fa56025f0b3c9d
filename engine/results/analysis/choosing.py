"""Finding the one result of a run that a person means by a few words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches

from engine.errors import UsageError
from engine.model.addresses import bare, meant, parsed
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Run

# More candidates than this are counted, not listed.
MOST = 20
# The order of preference: verdicts that fail the build, then excused failures.
SOUGHT = (
    (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR, Verdict.FLAKY),
    (Verdict.KNOWN, Verdict.UNEXPECTED_PASS),
    (Verdict.WARN,),
)


def choose(run: Run, case: str, target: str = "") -> JobResult:
    """The result of a case on a target.

    ``case`` is an address or its ending (``wire.yaml::missing-host``, ``missing-host``), with the name of a matrix's
    value or without where there is one only. ``target`` is an id or a unique part of one among the case's targets; it
    may be left out if the case ran on one target, or has a result other than a pass on one only. An item's name as
    pytest writes it, with the target in brackets behind the case, means both.

    Raises UsageError, which lists the candidates.
    """
    ids = {result.target for result in run.cells}
    inner, bracket, last = case.removesuffix("]").rpartition("[")
    if not target and bracket and case.endswith("]") and last in ids:
        case, target = inner, last
    address = _address(run, case)
    results = [result for result in run.results if result.address == address]
    if target and not any(target in result.target for result in results):
        # A counterpart was only run for comparison, and is selected only by its name.
        results = [result for result in run.cells if result.address == address]
    return _on(results, target)


def _address(run: Run, case: str) -> str:
    addresses = list(dict.fromkeys(result.address for result in run.results))
    found = meant(case, addresses, loosely=True)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{case!r} means {len(found)} cases of this run", hint=listed(found))
    raise UsageError(f"the run {run.id} has no case {case!r}", hint=_nearest(case, addresses))


def _nearest(case: str, addresses: Sequence[str]) -> str:
    """A hint for a case that the run has not: the nearest address where a file was named, else the nearest id."""
    names = addresses if parsed(case).file else [parsed(address).case for address in addresses]
    close = get_close_matches(case, [*names, *map(bare, names)], n=1)
    return f"did you mean {close[0]!r}?" if close else f"it has {len(addresses)} cases; `engine list runs` lists others"


def _on(results: Sequence[JobResult], target: str) -> JobResult:
    among = [result for result in results if result.target == target]
    among = among or [result for result in results if target in result.target]
    if len(among) > 1:
        for verdicts in SOUGHT:
            sought = [result for result in among if result.verdict in verdicts]
            if sought:
                among = sought
                break
    if len(among) == 1:
        return among[0]
    what = f"the case ran on {len(results)} targets" if not among else f"{len(among)} targets match"
    if target:
        what += f", and {'none has' if not among else 'several have'} {target!r} in its name"
    rows = [f"{result.target} ({result.verdict.value})" for result in (among or results)]
    raise UsageError(what, hint="name one of them, or a unique part of its name:\n    " + listed(rows, lead=False))


def listed(names: Iterable[str], *, lead: bool = True) -> str:
    """Candidates below each other."""
    rows = list(names)
    if len(rows) > MOST:
        rows = [*rows[:MOST], f"and {len(rows) - MOST} more"]
    return ("name one of them:\n    " if lead else "") + "\n    ".join(rows)


def shortest(run: Run, result: JobResult) -> tuple[str, ...]:
    """The fewest words by which ``choose`` finds a result of a run: the case's id or its address, and the target if the
    case is not enough."""
    ways = [(name, *target) for target in ((), (result.target,)) for name in (result.case, result.address)]
    for words in ways:
        with suppress(UsageError):
            if choose(run, *words) is result:
                return words
    return result.address, result.target
