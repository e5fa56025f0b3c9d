"""Whose fault a red cell is: a function from a run's results to what they show, and nothing more.

The rules stand in an order, and the first that applies decides:

1. the case fails on reference x control: the case, or the engine
2. it fails behind a gateway and passes directly, and no other server passes behind that: the gateway
3. the control fails it under this server, or an expectation about what the server gave the application failed: the
   server
4. the control passes it, and the framework fails it on the reference or on other servers too: the framework
5. the control passes it, and the framework fails it on this server alone: the pairing of the two
6. what would be needed was not in the run: unknown, with the run that would settle it

A cell is compared with cells of the same case only. A release or a variant of a server is a server of its own here.
What was not judged (unsupported, blocked, error) is missing evidence, never evidence. A known failure is a failure,
and so is a flaky one: it did fail. Loops are compared with their like; another loop speaks where that one is missing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.model.target import CONTROL, CONTROLS, DIRECT, configuration
from engine.model.verdict import JobResult, Verdict
from engine.results.store import TargetRow

REFERENCE = "reference"
# So many servers are named in a sentence; the evidence has them all.
NAMED = 3

FAILED = frozenset({Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.KNOWN, Verdict.FLAKY})
PASSED = frozenset({Verdict.PASS, Verdict.WARN, Verdict.INFO, Verdict.FIXED})


class Fault(StrEnum):
    """Whose fault a cell is."""

    CASE = "case"
    GATEWAY = "gateway"
    SERVER = "server"
    FRAMEWORK = "framework"
    PAIRING = "pairing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cell that was compared: its target, its verdict, and the first expectation that it did not meet, if any."""

    target: str
    verdict: Verdict
    where: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose fault a cell is.

    ``culprit`` is its name (``gunicorn==26.2.0``, ``litestar``, "" where there is none to name), ``because`` one line
    for a person, ``evidence`` the cells that were compared, this one left out, ``given`` the facts of this cell that
    are about what the server gave the application. ``settle`` is the command of a run that would decide what is open:
    there for ``unknown`` (but for a case that did not run), and where the case was not seen to pass on any server.
    ``hint`` is another case to look at first, since its failure may be the cause of this one.
    """

    fault: Fault
    because: str
    culprit: str = ""
    evidence: tuple[Evidence, ...] = ()
    given: tuple[str, ...] = ()
    settle: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A result, with what is known of its target."""

    row: TargetRow
    result: JobResult

    @property
    def server(self) -> str:
        return configuration(self.row.server, self.row.release, self.row.variant)

    @property
    def loop(self) -> str:
        """The loop that it ran on, where that was found out; else the one that was asked for."""
        return self.row.found_loop or self.row.loop

    @property
    def on_reference(self) -> bool:
        """A mutant is a variant of the reference, and no measure for anything."""
        return self.server == REFERENCE

    @property
    def is_control(self) -> bool:
        return self.row.framework in CONTROLS

    @property
    def control(self) -> str:
        """The bare app that its own is compared with."""
        return CONTROLS[self.row.interface == "wsgi"]

    @property
    def evidence(self) -> Evidence:
        found = self.result.mismatches or self.result.warnings
        return Evidence(self.row.id, self.result.verdict, found[0].where if found else "")

    @property
    def given(self) -> tuple[str, ...]:
        """The unmet expectations that are about what the server gave the application, each fact once."""
        decisive = self.result.mismatches or self.result.warnings
        return tuple(dict.fromkeys(mismatch.where for mismatch in decisive if mismatch.given))


Attributions = Mapping[tuple[str, str], Attribution]


def attribute(results: Iterable[JobResult], targets: Iterable[TargetRow]) -> Attributions:
    """Whose fault each cell is that failed, by the case's address and the target's id.

    Warnings are among them. A target that did not start has no cells: its own message says what there is to say.
    """
    rows = {row.id: row for row in targets if not row.failed}
    cases: dict[str, list[Cell]] = {}
    for result in results:
        if result.target in rows:
            cases.setdefault(result.address, []).append(Cell(rows[result.target], result))
    found = {
        (address, cell.row.id): _Case(cells, cell.result.verdict is Verdict.WARN).whose(cell)
        for address, cells in cases.items()
        for cell in cells
        if cell.result.verdict in FAILED or cell.result.verdict in (Verdict.ERROR, Verdict.WARN)
    }
    return _with_causes(found)


def _with_causes(found: Attributions) -> Attributions:
    """Pairings that may have their cause in another case of the same target, where the server gave the application what
    is wrong: that case is named."""
    wrong: dict[str, tuple[str, str]] = {}
    for (address, target), one in found.items():
        if one.fault is Fault.SERVER and one.given:
            wrong.setdefault(target, (address, one.given[0]))
    made = dict(found)
    for (address, target), one in found.items():
        if one.fault is Fault.PAIRING and target in wrong:
            cause, fact = wrong[target]
            made[address, target] = replace(
                one, hint=f"{cause}: there the server gives this application a wrong {fact}"
            )
    return made


@dataclass(frozen=True, slots=True)
class _Case:
    """The cells of one case. ``warns`` says that a should is in question, so that a warning is a failure."""

    cells: Sequence[Cell]
    warns: bool = False

    def failed(self, cell: Cell | None) -> bool:
        """Whether a cell is evidence of a failure."""
        return cell is not None and (
            cell.result.verdict in FAILED or (self.warns and cell.result.verdict is Verdict.WARN)
        )

    def passed(self, cell: Cell | None) -> bool:
        """Whether a cell is evidence that the case can pass."""
        return cell is not None and cell.result.verdict in PASSED and not self.failed(cell)

    def judged(self, cell: Cell) -> bool:
        """Whether a cell is evidence at all."""
        return self.failed(cell) or self.passed(cell)

    def find(self, of: Cell, *, server: str = "", framework: str = "", gateway: str = "") -> Cell | None:
        """The cell that is like this one but for what is named, on the same loop and runtime where there is such a one,
        on another where there is not. None where none was judged."""
        wanted = (server or of.server, framework or of.row.framework, gateway or of.row.gateway)
        found = [
            cell
            for cell in self.cells
            if (cell.server, cell.row.framework, cell.row.gateway) == wanted and self.judged(cell)
        ]
        found.sort(key=lambda cell: (cell.loop != of.loop, cell.row.runtime != of.row.runtime))
        return found[0] if found else None

    def whose(self, cell: Cell) -> Attribution:
        """The first rule that applies."""
        if cell.result.verdict is Verdict.ERROR:
            return _of_error(cell)
        reference = self.find(cell, server=REFERENCE, framework=CONTROL, gateway=DIRECT)
        if self.failed(reference):
            because = "it fails on the reference with the control, where only the case and the engine are left"
            return Attribution(Fault.CASE, because, "", _evidence(cell, reference), cell.given)
        if cell.row.gateway != DIRECT:
            return self._behind(cell, reference)
        return self._among(cell, reference)

    def _among(self, cell: Cell, reference: Cell | None) -> Attribution:
        """Rules 3 to 6, among the cells behind the same gateway."""
        control = self.find(cell, framework=cell.control)
        return self._server(cell, control, reference) or self._framework(cell, control) or self._unknown(cell, control)

    def _behind(self, cell: Cell, reference: Cell | None) -> Attribution:
        """Rule 2. What fails directly as well is as if the gateway were not there. Another server that passes behind
        the same gateway clears it: then it is about how this one speaks to it, and the rest of the rules decide among
        the cells there. A server that only a gateway can reach has no direct cell; anything that passes there will do.
        """
        gateway = cell.row.gateway
        direct = self.find(cell, gateway=DIRECT)
        behind = [other for other in self.cells if other.row.gateway == gateway and self.passed(other)]
        if direct is None and behind:
            return self._among(cell, reference)
        if direct is None:
            because = f"it was not judged without {gateway}, and nothing was seen to pass it behind that"
            return Attribution(Fault.UNKNOWN, because, "", (), cell.given, self._run(cell))
        if self.passed(direct) and any(other.server != cell.server for other in behind):
            return self._among(cell, reference)
        if self.passed(direct):
            because = f"it fails behind {gateway}, and passes directly"
            return Attribution(Fault.GATEWAY, because, gateway, _evidence(cell, direct, reference), cell.given)
        found = self.whose(direct)
        because = f"it fails without {gateway} as well, where {found.because}"
        return replace(found, because=because, evidence=(direct.evidence, *found.evidence))

    def _server(self, cell: Cell, control: Cell | None, reference: Cell | None) -> Attribution | None:
        """Rule 3. The reference is the engine's own: what fails on it is an application's, or the case's. So an
        expectation that fails on the reference as well is not about what a server gives."""
        passing = [other for other in (control, *self.cells) if other and other.is_control and self.passed(other)]
        witness = reference or (passing[0] if passing else None)
        settle = "" if witness else self._run(cell)
        doubt = "" if witness else "; no server was seen to pass it, so the case itself is not ruled out"
        evidence = _evidence(cell, control, witness)
        if control is not None and self.failed(control):
            what = "it fails without any framework" if cell.is_control else "the control fails it under this server too"
            return Attribution(Fault.SERVER, what + doubt, cell.server, evidence, cell.given, settle)
        same = self.find(cell, server=REFERENCE)
        alike = set(cell.given) & set(same.given) if same is not None and self.failed(same) else set()
        if not cell.given or alike:
            return None
        because = f"{', '.join(cell.given)}: what the server gave the application is wrong{doubt}"
        return Attribution(Fault.SERVER, because, cell.server, evidence, cell.given, settle)

    def _framework(self, cell: Cell, control: Cell | None) -> Attribution | None:
        """Rules 4 and 5. Another server speaks only where the control passes under it: else it is that server's own
        failure."""
        framework = cell.row.framework
        if control is None:
            return None
        others = self._elsewhere(cell)
        failing = [other for other in others if self.failed(other)]
        passing = [other for other in others if self.passed(other)]
        evidence = _evidence(cell, control, *failing, *passing)
        if cell.on_reference:
            because = "the control passes it on the reference, and the framework does not"
            return Attribution(Fault.FRAMEWORK, because, framework, evidence, cell.given)
        # Releases of one server fail alike: that speaks against the framework only while no other server speaks for it.
        abroad = [other for other in failing if other.row.server != cell.row.server]
        welcome = any(other.row.server != cell.row.server for other in passing)
        if failing and (abroad or not welcome):
            because = f"the control passes it under this server, and the framework fails it on {_names(failing)} too"
            return Attribution(Fault.FRAMEWORK, because, framework, evidence, cell.given)
        if passing:
            because = f"the control passes it under this server, and the framework passes it on {_names(passing)}"
            return Attribution(Fault.PAIRING, because, f"{cell.server} with {framework}", evidence, cell.given)
        return None

    def _elsewhere(self, cell: Cell) -> list[Cell]:
        """The framework's cells under other servers, one each, the reference first: those that say something about the
        framework, since the control passes there, and what the server gave is not what failed. A failure of another
        expectation is another failure, but on the reference, where any is the framework's."""
        servers = dict.fromkeys(other.server for other in self.cells if other.server != cell.server)
        found = []
        for server in sorted(servers, key=lambda server: server != REFERENCE):
            other = self.find(cell, server=server)
            if other is None or not self.passed(self.find(other, framework=other.control)):
                continue
            another = other.given or other.evidence.where != cell.evidence.where
            if other.on_reference or self.passed(other) or not another:
                found.append(other)
        return found

    def _unknown(self, cell: Cell, control: Cell | None) -> Attribution:
        """Rule 6: what is missing, and the run that would have it."""
        if control is not None:
            because = f"the control passes it, and on no other server could {cell.row.framework} be compared with it"
        else:
            because = f"the control was not judged under {cell.server}"
            for other in self.cells:
                if other.is_control and other.server == cell.server and other.row.gateway == cell.row.gateway:
                    because = f"the control came to {other.result.verdict} under {cell.server}"
        return Attribution(Fault.UNKNOWN, because, "", _evidence(cell, control), cell.given, self._run(cell))

    def _run(self, cell: Cell) -> str:
        """The command of a run that has this cell and what it must be compared with. Where the reference was in this
        run already, and could say nothing, every server is asked."""
        asked = any(other.on_reference and other.row.framework == cell.row.framework for other in self.cells)
        ways = [] if cell.row.gateway == DIRECT else [DIRECT, cell.row.gateway]
        if cell.row.interface == "wsgi":  # the reference calls no such app, and few servers speak HTTP as well
            asked, ways = True, ways[1:]
        servers = ["all"] if asked else [REFERENCE, *([] if cell.on_reference else [cell.server])]
        words = ["engine", "grid", cell.result.file]
        words += [word for server in servers for word in ("--server", server)]
        words += [word for name in dict.fromkeys((cell.control, cell.row.framework)) for word in ("--framework", name)]
        words += [word for way in ways for word in ("--gateway", way)]
        words += [] if cell.row.loop == "auto" else ["--loop", cell.row.loop]
        return shlex.join(words)


def _of_error(cell: Cell) -> Attribution:
    """An error says nothing about the target. Where the job never ran, what kept it from running is not known."""
    if cell.result.seconds:
        return Attribution(Fault.CASE, "an error is the case's, the contract's or the engine's, by what the word means")
    return Attribution(Fault.UNKNOWN, "the case did not run; mend what kept it from that, and run it again")


def _evidence(cell: Cell, *compared: Cell | None) -> tuple[Evidence, ...]:
    """What was compared with a cell, each once and without the cell itself."""
    return tuple(dict.fromkeys(one.evidence for one in compared if one is not None and one is not cell))


def _names(cells: Sequence[Cell]) -> str:
    """The servers of some cells, as a sentence has them: the first few, and how many more."""
    names = list(dict.fromkeys(cell.server for cell in cells))
    if len(names) > NAMED + 1:
        names[NAMED:] = [f"{len(names) - NAMED} others"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
