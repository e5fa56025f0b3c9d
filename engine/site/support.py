"""The support of a clause, a feature or a category by a subject: a state with its results. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.model.target import CONTROLS
from engine.model.verdict import Verdict
from engine.results.analysis.attribution import Fault
from engine.site.subjects import Entry


class State(StrEnum):
    """The state of a requirement on a subject.

    Attributes:
        YES: every case that checks it passes.
        ADVICE: every case passes, but a recommendation is not followed.
        PARTLY: some cases pass and others fail.
        NO: every case fails.
        UNSUPPORTED: the server does not offer what the cases need.
        UNTESTED: no case ran.
    """

    YES = "yes"
    ADVICE = "advice"
    PARTLY = "partly"
    NO = "no"
    UNSUPPORTED = "unsupported"
    UNTESTED = "untested"

    @property
    def held(self) -> bool:
        """True if cases ran, so that the subject can be held to it."""
        return self not in (State.UNSUPPORTED, State.UNTESTED)

    @property
    def met(self) -> bool:
        """True if no case fails."""
        return self in (State.YES, State.ADVICE)


@dataclass(frozen=True, slots=True)
class Support:
    """A state, the numbers of cases that pass and that ran, and the results that fail or warn."""

    state: State
    passed: int = 0
    ran: int = 0
    reported: tuple[Entry, ...] = ()

    @property
    def figure(self) -> str:
        """The numbers, "" where they say no more than the state."""
        return f"{self.passed}/{self.ran}" if self.state is State.PARTLY else ""


NONE = Support(State.UNTESTED)


def counts_for_server(entry: Entry) -> bool:
    """True if a result says something about the server: it passed, or the cause is the server, or the cause is unknown
    and the application is a bare one, which has no framework."""
    result = entry.result
    if not result.verdict.judged:
        return not result.verdict.ran
    if result.verdict.clean or result.verdict is Verdict.UNEXPECTED_PASS:
        return True
    return blames_server(entry)


def blames_server(entry: Entry) -> bool:
    """True if a failure or a warning counts against the server."""
    fault = entry.cause.fault if entry.cause else None
    if fault in (Fault.CASE, Fault.GATEWAY, Fault.FRAMEWORK):
        return False
    return fault is Fault.SERVER or entry.row.framework in CONTROLS


def blames_framework(entry: Entry) -> bool:
    """True if a failure counts against the framework or its app."""
    return entry.cause is not None and entry.cause.fault is Fault.FRAMEWORK


def support(entries: Iterable[Entry]) -> Support:
    """The support that some results of one subject show. A case that fails in one of its results fails."""
    unmet: dict[str, Entry] = {}
    warned: dict[str, Entry] = {}
    good: set[str] = set()
    unsupported = False
    for one in entries:
        verdict, address = one.result.verdict, one.result.address
        if verdict.unmet:
            unmet.setdefault(address, one)
        elif verdict is Verdict.WARN:
            warned.setdefault(address, one)
        elif verdict.good:
            good.add(address)
        elif not verdict.ran:
            unsupported = True
    good -= unmet.keys() | warned.keys()
    warned = {address: one for address, one in warned.items() if address not in unmet}
    passed = len(good) + len(warned)
    reported = (*unmet.values(), *warned.values())
    if unmet:
        return Support(State.PARTLY if passed else State.NO, passed, passed + len(unmet), reported)
    if passed:
        return Support(State.ADVICE if warned else State.YES, passed, passed, reported)
    return Support(State.UNSUPPORTED if unsupported else State.UNTESTED)
