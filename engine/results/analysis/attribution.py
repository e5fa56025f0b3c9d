"""Attribution: the cause of a failing cell, a pure function of a run's results.

The rules are ordered, and the first that applies decides:

1. the case fails with the bare app on the reference server: the case, or the engine
2. it fails behind a gateway and passes directly, and no other server passes behind that: the gateway
3. the bare app fails it on this server, or an expectation about a value that the server gave the application failed:
   the server if the case passed anywhere, else unknown, the server or the case
4. the bare app passes it, and the framework fails it on the reference server or on other servers too: the app or the
   framework, and which of them, if an exception or a wrong message shows it (``engine.execution.runner.origin``)
5. the bare app passes it, and the framework fails it on no other server: the server if send() raised on it, for the
   bare app too, and not elsewhere; else the pairing of the two
6. the run lacks the cells to compare with: unknown, with the run that would decide, if one would

A cell is compared with cells of the same case only. A release or a variant of a server is a server of its own here, and
so is a release of a framework. Results that did not run (unsupported, blocked) and errors are missing evidence, never
evidence. A known failure is a failure, and so is a flaky one: it did fail. Cells are compared on the same loop, or on
another one where that is missing. Counterparts, which a run adds for the comparison, are cells like any other. So are
the passes of another run, as those of a separate server, where two runs are compared.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.model.commands import framework_word, given_options, server_word
from engine.model.origin import Part
from engine.model.target import CONTROL, CONTROLS, DIRECT, HTTP_1_1, configuration, http_word, version_in_words
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import TargetRow

REFERENCE = "reference"
# So many servers are named in a sentence; the evidence has them all.
NAMED = 3


class Fault(StrEnum):
    """The cause of a failing cell. FRAMEWORK includes the app that is written in it, unless ``Attribution.part`` says
    which of both it is."""

    CASE = "case"
    GATEWAY = "gateway"
    SERVER = "server"
    FRAMEWORK = "framework"
    PAIRING = "pairing"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The fault as a reader knows it."""
        return {Fault.CASE: "the case or the engine", Fault.FRAMEWORK: "app or framework"}.get(self, self.value)


# The culprit of an unknown fault where nothing but the server was seen to run the case.
SERVER_OR_CASE = "server or case"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cell that was compared: its target, its verdict, and the first expectation that it did not meet, if any."""

    target: str
    verdict: Verdict
    where: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The cause of a failing cell, with its evidence.

    ``culprit`` is its name (``gunicorn==26.2.0``, ``litestar``, "" for none); for ``unknown`` the candidates, "" if
    nothing is known. ``part`` narrows FRAMEWORK to the app or the framework, if the observer saw which of them did
    something wrong; else it is "". ``because`` is one line for people, ``evidence`` the cells that were compared,
    without this one, ``given`` the facts of this cell about values that the server gave the application. ``settle`` is
    the command of a run that would decide, "" if none is known. ``hint`` is another case to check first, since its
    failure may be the cause of this one.
    """

    fault: Fault
    because: str
    culprit: str = ""
    evidence: tuple[Evidence, ...] = ()
    given: tuple[str, ...] = ()
    settle: str = ""
    hint: str = ""
    part: str = ""

    @property
    def heading(self) -> str:
        """The cause in a few words: ``server gunicorn``, ``the case or the engine``, ``unknown: server or case``,
        ``framework litestar``, ``app of litestar``."""
        if self.part:
            return f"app of {self.culprit}" if self.part == Part.APP else f"framework {self.culprit}"
        if self.fault is Fault.UNKNOWN and self.culprit:
            return f"{self.fault.words}: {self.culprit}"
        return " ".join(word for word in (self.fault.words, self.culprit) if word)


@dataclass(frozen=True, slots=True)
class ComparedResult:
    """A result, with what is known of its target. ``run`` names the run that it is of, "" for the one whose results are
    attributed."""

    row: TargetRow
    result: JobResult
    run: str = ""

    @property
    def server(self) -> str:
        return self._of_run(configuration(self.row.server, self.row.release, self.row.variant))

    @property
    def framework(self) -> str:
        """Name and release: a release of a framework is a framework of its own here."""
        return self.row.framework_configuration

    def _of_run(self, name: str) -> str:
        return f"{name} ({self.run})" if self.run else name

    @property
    def loop(self) -> str:
        """The loop that it ran on, where that was found out; else the one that was asked for."""
        return self.row.found_loop or self.row.loop

    @property
    def version(self) -> str:
        """The version of HTTP."""
        return version_in_words(self.row.http)

    def like(self, other: ComparedResult) -> bool:
        """True if both have the same version of HTTP, and the same Python where one was asked for."""
        return self.version == other.version and self.row.interpreter == other.row.interpreter

    def at_server_of(self, other: ComparedResult) -> bool:
        """True if this one has no gateway, and its clients speak the version of HTTP that the other one's server
        speaks."""
        alike = self.version == other.row.server_http and self.row.interpreter == other.row.interpreter
        return alike and self.row.gateway == DIRECT

    @property
    def on_reference(self) -> bool:
        """True for the reference server. A mutant is a variant of it, and no measure for anything."""
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
        return Evidence(self._of_run(self.row.id), self.result.verdict, found[0].where if found else "")

    @property
    def given(self) -> tuple[str, ...]:
        """The unmet expectations that are about what the server gave the application, each fact once."""
        decisive = self.result.mismatches or self.result.warnings
        return tuple(dict.fromkeys(mismatch.where for mismatch in decisive if mismatch.given))


Attributions = Mapping[tuple[str, str], Attribution]


def attribute(
    results: Iterable[JobResult], targets: Iterable[TargetRow], others: Iterable[ComparedResult] = ()
) -> Attributions:
    """The attribution of each failed cell and each warning, by the case's address and the target's id.

    A target that did not start has no cells; it carries a message of its own. ``others`` are cells of another run, with
    its name: those that passed are evidence, and none is attributed.
    """
    rows = {row.id: row for row in targets}
    cases: dict[str, list[ComparedResult]] = {}
    for result in results:
        if result.target in rows:
            cases.setdefault(result.address, []).append(ComparedResult(rows[result.target], result))
    elsewhere: dict[str, list[ComparedResult]] = {}
    for other in others:
        if other.result.verdict.good:
            elsewhere.setdefault(other.result.address, []).append(other)
    found: dict[tuple[str, str], Attribution] = {}
    special: set[tuple[str, str]] = set()
    for address, cells in cases.items():
        started = [cell for cell in cells if not cell.row.failed]
        failed = [cell for cell in cells if cell.row.failed]
        for cell in started:
            if cell.result.verdict.unmet or cell.result.verdict in (Verdict.ERROR, Verdict.WARN):
                # The other version of HTTP is another protocol, and another Python another program: their results are
                # no evidence.
                every = (*started, *elsewhere.get(address, ()))
                warns = cell.result.verdict is Verdict.WARN
                # A gateway has no part in what its server does by the version of HTTP that it speaks to it.
                direct = _Case([one for one in every if one.at_server_of(cell)], failed, warns)
                case = _Case([one for one in every if one.like(cell)], failed, warns, direct)
                found[address, cell.row.id] = case.whose(cell)
                if not cell.is_control and not case.failed(case.find(cell, framework=cell.control)):
                    special.add((address, cell.row.id))
    return _with_causes(found, special)


def _with_causes(found: Attributions, special: Collection[tuple[str, str]]) -> Attributions:
    """The attributions, with a hint for pairings that may have their cause in another case of the same target: one
    where the server gave the application a wrong value. A value that is wrong for the bare app too cannot be why only
    this framework fails, so only cells of ``special``, which the bare app does not fail, are causes."""
    wrong: dict[str, tuple[str, str]] = {}
    for (address, target), one in found.items():
        if one.fault is Fault.SERVER and one.given and (address, target) in special:
            wrong.setdefault(target, (address, one.given[0]))
    made = dict(found)
    for (address, target), one in found.items():
        if one.fault is Fault.PAIRING and target in wrong:
            cause, fact = wrong[target]
            made[address, target] = replace(
                one, hint=f"{cause}: the server gives this application a wrong {fact} there"
            )
    return made


@dataclass(frozen=True, slots=True)
class _Case:
    """The cells of one case. ``refused`` are those of targets that did not start. ``warns`` says that a should is in
    question, so that a warning is a failure. ``direct`` are the cells without the gateway, for a case behind one."""

    cells: Sequence[ComparedResult]
    refused: Sequence[ComparedResult] = ()
    warns: bool = False
    direct: _Case | None = None

    def failed(self, cell: ComparedResult | None) -> bool:
        """True if a cell is evidence of a failure."""
        return cell is not None and (cell.result.verdict.unmet or (self.warns and cell.result.verdict is Verdict.WARN))

    def passed(self, cell: ComparedResult | None) -> bool:
        """True if a cell is evidence that the case can pass."""
        return cell is not None and cell.result.verdict.good and not self.failed(cell)

    def judged(self, cell: ComparedResult) -> bool:
        """True if a cell is evidence at all."""
        return self.failed(cell) or self.passed(cell)

    def find(
        self, of: ComparedResult, *, server: str = "", framework: str = "", gateway: str = ""
    ) -> ComparedResult | None:
        """The cell that is like this one but for what is named, on the same loop and runtime where there is such a one,
        on another where there is not. None if none is evidence."""
        wanted = (server or of.server, framework or of.framework, gateway or of.row.gateway)
        found = [
            cell
            for cell in self.cells
            if (cell.server, cell.framework, cell.row.gateway) == wanted and self.judged(cell)
        ]
        found.sort(key=lambda cell: (cell.loop != of.loop, cell.row.runtime != of.row.runtime))
        return found[0] if found else None

    def whose(self, cell: ComparedResult) -> Attribution:
        """The first rule that applies."""
        if cell.result.verdict is Verdict.ERROR:
            return _of_error(cell)
        reference = self.find(cell, server=REFERENCE, framework=CONTROL, gateway=DIRECT)
        if self.failed(reference):
            because = "it also fails with the bare app on the reference server"
            return Attribution(Fault.CASE, because, "", _evidence(cell, reference), cell.given)
        if cell.row.gateway != DIRECT:
            return self._behind(cell, reference)
        return self._among(cell, reference)

    def _among(self, cell: ComparedResult, reference: ComparedResult | None) -> Attribution:
        """Rules 3 to 6, among the cells behind the same gateway."""
        control = self.find(cell, framework=cell.control)
        return self._server(cell, control, reference) or self._framework(cell, control) or self._unknown(cell, control)

    def _behind(self, cell: ComparedResult, reference: ComparedResult | None) -> Attribution:
        """Rule 2. For a case that fails directly as well, the gateway makes no difference. Another server that passes
        behind the same gateway clears it: then it is about how this one speaks to it, and the rest of the rules decide
        among the cells there. A server that only a gateway can reach has no direct cell; anything that passes there
        will do.
        """
        gateway = cell.row.gateway
        without = self.direct or self
        direct = without.find(cell, gateway=DIRECT)
        behind = [other for other in self.cells if other.row.gateway == gateway and self.passed(other)]
        if direct is None and behind:
            return self._among(cell, reference)
        if direct is None:
            because = f"it has no result without {gateway}, and no server passes it behind that gateway"
            return Attribution(Fault.UNKNOWN, because, "", (), cell.given, self._run(cell))
        if self.passed(direct) and any(other.server != cell.server for other in behind):
            return self._among(cell, reference)
        if self.passed(direct):
            because = f"it fails behind {gateway}, and passes directly"
            return Attribution(Fault.GATEWAY, because, gateway, _evidence(cell, direct, reference), cell.given)
        found = without.whose(direct)
        because = f"it fails without {gateway} as well, where {found.because}"
        return replace(found, because=because, evidence=(direct.evidence, *found.evidence))

    def _server(
        self, cell: ComparedResult, control: ComparedResult | None, reference: ComparedResult | None
    ) -> Attribution | None:
        """Rule 3. The reference server is the engine's own: a failure on it is the application's, or the case's. So an
        expectation that fails on it as well is not about a value from the server."""
        same = self.find(cell, server=REFERENCE)
        alike = set(cell.given) & set(same.given) if same is not None and self.failed(same) else set()
        if control is not None and self.failed(control):
            what = "it fails without any framework" if cell.is_control else "the bare app fails it on this server too"
        elif cell.given and not alike:
            what = f"{', '.join(cell.given)}: the server gave the application a wrong value"
        else:
            return None
        witness = self._witness(cell, control, reference)
        evidence = _evidence(cell, control, witness)
        if witness is None:
            because = f"{what}; no target passes it, so the case itself may be wrong"
            return Attribution(
                Fault.UNKNOWN, because + self._obstacle(cell), SERVER_OR_CASE, evidence, cell.given, self._run(cell)
            )
        return Attribution(Fault.SERVER, what, cell.server, evidence, cell.given)

    def _witness(
        self, cell: ComparedResult, control: ComparedResult | None, reference: ComparedResult | None
    ) -> ComparedResult | None:
        """A cell which shows that the case can pass: that of the reference server, of a bare app, or any other."""
        passing = [other for other in (reference, control, *self.cells) if other is not None and self.passed(other)]
        passing.sort(key=lambda other: (other is not reference, not other.is_control))
        return passing[0] if passing else None

    def _framework(self, cell: ComparedResult, control: ComparedResult | None) -> Attribution | None:
        """Rules 4 and 5. Another server counts only if the bare app passes on it: else it is that server's own
        failure."""
        framework = cell.framework
        if control is None and cell.row.application:
            return self._application(cell)
        if control is None:
            return None
        others = self._elsewhere(cell)
        failing = [other for other in others if self.failed(other)]
        passing = [other for other in others if self.passed(other)]
        evidence = _evidence(cell, control, *failing, *passing)
        if cell.on_reference:
            because = "the bare app passes it on the reference server, and the framework does not"
            return _of_framework(cell, because, evidence)
        # Releases of one server fail alike: that speaks against the framework only while no other server speaks for it.
        abroad = [other for other in failing if other.row.server != cell.row.server]
        welcome = any(other.row.server != cell.row.server for other in passing)
        if failing and (abroad or not welcome):
            because = f"the bare app passes it on this server, and the framework fails it on {_names(failing)} too"
            return _of_framework(cell, because, evidence)
        if passing and (raising := self._raising(cell, control)) is not None:
            raised = ", ".join(control.result.send_raised)
            because = f"send() raises {raised} on this server, for the bare app as well, and not on {raising.server}"
            return Attribution(
                Fault.SERVER, because, cell.server, _evidence(cell, control, raising, *passing), cell.given
            )
        if passing:
            because = f"the bare app passes it on this server, and the framework passes it on {_names(passing)}"
            return Attribution(Fault.PAIRING, because, f"{cell.server} with {framework}", evidence, cell.given)
        return None

    def _application(self, cell: ComparedResult) -> Attribution | None:
        """Rules 4 and 5 for an application of a project. The bare app has no part in its cases, so the other servers
        decide: a failure on the reference server, or on another one at the same expectation, is the application's."""
        if cell.on_reference:
            because = "the application fails it on the reference server"
            return _of_framework(cell, because, _evidence(cell))
        servers = dict.fromkeys(other.server for other in self.cells if other.row.server != cell.row.server)
        others = [other for server in servers if (other := self.find(cell, server=server)) is not None]
        others.sort(key=lambda other: not other.on_reference)
        failing = [other for other in others if self.failed(other)]
        passing = [other for other in others if self.passed(other)]
        alike = [other for other in failing if other.on_reference or other.evidence.where == cell.evidence.where]
        evidence = _evidence(cell, *failing, *passing)
        if alike:
            because = f"the application fails it on {_names(alike)} too"
            return _of_framework(cell, because, evidence)
        if passing:
            because = f"the application passes it on {_names(passing)}"
            return Attribution(Fault.PAIRING, because, f"{cell.server} with {cell.framework}", evidence, cell.given)
        return None

    def _raising(self, cell: ComparedResult, control: ComparedResult) -> ComparedResult | None:
        """The bare app's cell on another server, where send() did not raise, if it raised here for both the framework
        and the bare app: a bare app that passes all the same met the same server as the framework that does not."""
        if not (cell.result.send_raised and control.result.send_raised):
            return None
        controls = [other for other in self.cells if other.is_control and other.server != cell.server]
        controls.sort(key=lambda other: (not other.on_reference, other.loop != cell.loop))
        return next((other for other in controls if self.passed(other) and not other.result.send_raised), None)

    def _elsewhere(self, cell: ComparedResult) -> list[ComparedResult]:
        """The framework's cells on other servers, one each, the reference server first: those that are evidence about
        the framework, since the bare app passes there, and no value from the server failed. A failure of another
        expectation is another failure, except on the reference server, where any is the framework's."""
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

    def _unknown(self, cell: ComparedResult, control: ComparedResult | None) -> Attribution:
        """Rule 6: what is missing, and the run that would have it."""
        if control is not None:
            because = f"the bare app passes it, and no other server has a result to compare {cell.framework} with"
        else:
            because = f"the bare app did not run on {cell.server}"
            for other in self.cells:
                if other.is_control and other.server == cell.server and other.row.gateway == cell.row.gateway:
                    because = f"the result of the bare app on {cell.server} is {other.result.verdict}"
        because += self._obstacle(cell)
        return Attribution(Fault.UNKNOWN, because, "", _evidence(cell, control), cell.given, self._run(cell))

    def _obstacle(self, cell: ComparedResult) -> str:
        """The reason why a counterpart could not be started, as the end of a sentence; "" if none failed to."""
        wanted = (cell.control, cell.framework)
        refused = [other for other in self.refused if other.framework in wanted]
        return f"; {refused[0].row.id} did not start: {refused[0].row.failed}" if refused else ""

    def _run(self, cell: ComparedResult) -> str:
        """The command of a run that has this cell and what it must be compared with; "" where this run tried all of
        that: the same run again would show the same. The reference server calls no WSGI apps, and is behind no
        gateway."""
        direct = cell.row.gateway == DIRECT and cell.row.interface != "wsgi"
        tried = {
            (other.server, other.framework)
            for other in (*self.cells, *self.refused)
            if not other.run and other.row.gateway == cell.row.gateway
        }
        names = tuple(dict.fromkeys((cell.control, cell.framework)))
        needed = [(server, name) for server in (REFERENCE, cell.server) for name in names]
        if direct and tried.issuperset(needed):
            return ""
        if not direct and (cell.server, cell.control) in tried and any(server != cell.server for server, _ in tried):
            return ""
        servers = [REFERENCE, *([] if cell.on_reference else [server_word(cell.row)])] if direct else ["all"]
        ways = [] if cell.row.gateway == DIRECT else [DIRECT, cell.row.gateway]
        if cell.row.interface == "wsgi":  # few servers speak HTTP as well
            ways = ways[1:]
        words = ["engine", "grid", cell.result.file]
        words += [word for server in servers for word in ("--server", server)]
        given = tuple(dict.fromkeys((cell.control, framework_word(cell.row))))
        words += [word for name in given for word in ("--framework", name)]
        words += [word for way in ways for word in ("--gateway", way)]
        words += [] if cell.row.loop == "auto" else ["--loop", cell.row.loop]
        words += [] if cell.row.http == HTTP_1_1 else ["--http", http_word(cell.row.http)]
        words += ["--python", cell.row.interpreter] if cell.row.interpreter else []
        words += given_options(cell.row, without=("--url",) if direct else ("--url", "--variant"))
        return shlex.join(words)


def _of_framework(cell: ComparedResult, because: str, evidence: tuple[Evidence, ...]) -> Attribution:
    """The app or the framework; one of them if the observer saw which did something wrong."""
    found = Attribution(Fault.FRAMEWORK, because, cell.framework, evidence, cell.given)
    origin = cell.result.origin
    if origin is None:
        return found
    return replace(found, part=origin.part.value, because=f"{because}; {origin.because}")


def _of_error(cell: ComparedResult) -> Attribution:
    """An error is no evidence about the target, unless it names a wrong value from the server that ended the case. If
    the job never ran, the reason is not known."""
    if cell.given and not cell.on_reference:
        because = f"{', '.join(cell.given)}: the server gave the application a wrong value, which ended the case"
        return Attribution(Fault.SERVER, because, cell.server, (), cell.given)
    if cell.result.seconds:
        return Attribution(Fault.CASE, "an error is caused by the case, the contract or the engine")
    return Attribution(Fault.UNKNOWN, "the case did not run; fix the reason, and run it again")


def _evidence(cell: ComparedResult, *compared: ComparedResult | None) -> tuple[Evidence, ...]:
    """The cells that a cell was compared with, each once, without the cell itself."""
    return tuple(dict.fromkeys(one.evidence for one in compared if one is not None and one is not cell))


def _names(cells: Sequence[ComparedResult]) -> str:
    """The servers of some cells, as a sentence has them: the first few, and how many more."""
    names = list(dict.fromkeys(cell.server for cell in cells))
    if len(names) > NAMED + 1:
        names[NAMED:] = [f"{len(names) - NAMED} others"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
