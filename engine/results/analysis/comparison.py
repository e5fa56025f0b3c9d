"""Two sides of one thing: what was fixed between them, what regressed, what changed otherwise. Pure.

A side is a run, or the part of a run of one server or of one framework. Cells are compared where both sides have them:
the same case, on targets that are alike but for the server or the framework that is compared. Cells with the
same outcome on both sides are not reported.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from engine.errors import UsageError
from engine.model.clause import rank
from engine.model.commands import framework_word, server_word
from engine.model.target import configuration, version_in_words
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.attribution import Attribution, Attributions, ComparedResult, Fault, attribute
from engine.results.analysis.folding import Folded, fold
from engine.results.analysis.grouping import framework_of, server_of
from engine.results.analysis.transitions import Change, changed, first_mismatch
from engine.results.record.store import Run, TargetRow

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of two that are compared. ``name`` is what a reader knows it by; ``documents`` says of which run it is, so
    that places in documents are compared only within one. ``frameworks`` says that frameworks are compared."""

    name: str
    targets: Mapping[Key, TargetRow]
    results: Mapping[Key, Mapping[str, JobResult]]
    whose: Attributions
    documents: str = ""
    frameworks: bool = False

    @property
    def servers(self) -> tuple[str, ...]:
        """Its servers with the versions and commits that were installed, each once: ``gunicorn 27.0.1``. Behind them
        the frameworks in other releases than the pinned ones; only these if frameworks are compared."""
        rows = self.targets.values()
        servers = [] if self.frameworks else [server_of(row) for row in rows if row.version or row.commit]
        released = [framework_of(row, pinned=True) for row in rows if self.frameworks or row.framework_release]
        return tuple(dict.fromkeys([*servers, *released]))

    @property
    def cases(self) -> set[str]:
        """The cases that it has a verdict for, by address."""
        return {address for cells in self.results.values() for address in cells}


@dataclass(frozen=True, slots=True)
class RunSelection:
    """The part of a run that is compared; an empty value excludes nothing. ``takes`` says which results are in it. A
    name stands for each release."""

    frameworks: Sequence[str] = ()
    loops: Sequence[str] = ()
    takes: Callable[[JobResult], bool] = lambda _: True
    servers: Sequence[str] = ()

    def has(self, row: TargetRow) -> bool:
        """True if a target is in it."""
        return (
            _named(self.frameworks, row.framework, row.framework_configuration)
            and _named(self.servers, row.server, _configured(row))
            and (not self.loops or row.loop in self.loops)
        )


def _named(words: Sequence[str], *names: str) -> bool:
    """True if there are no words, or one of the names is among them."""
    return not words or not {canonical(word) for word in words}.isdisjoint(map(canonical, names))


WHOLE = RunSelection()


def canonical(configured: str) -> str:
    """A server or a framework as configured, with its version in the form that equal versions share (PEP 440):
    ``starlette==1`` for ``starlette==1.0.0``."""
    name, equals, rest = configured.partition("==")
    version, tilde, variant = rest.partition("~")
    return f"{name}{equals}{canonicalize_version(version)}{tilde}{variant}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A cell on both sides."""

    before: JobResult
    after: JobResult


@dataclass(frozen=True, slots=True)
class Difference:
    """Cells of one case that changed in the same way. ``attribution`` is the cause of the failing side of the first."""

    change: Change
    address: str
    before: Verdict
    after: Verdict
    pairs: tuple[Pair, ...]
    attribution: Attribution | None = None

    @property
    def red(self) -> JobResult:
        """The first cell's failing side; the later one if both fail."""
        first = self.pairs[0]
        return first.before if self.change is Change.FIXED else first.after


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison. ``only_before`` and ``only_after`` are cases, by address, ``missing_*`` targets that
    the other side lacks. ``stopped`` and ``started`` are targets that start on one side only, ``neither`` those that
    start on none; their cells are left out. ``compared`` counts the cells of both sides, ``judged`` those of them that
    ran on at least one. ``servers`` are the servers of both sides with their versions and commits; ``older`` has a
    sentence for each of the right side that is older than on the left."""

    before: str
    after: str
    differences: tuple[Difference, ...]
    compared: int
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    missing_before: tuple[str, ...] = ()
    missing_after: tuple[str, ...] = ()
    stopped: tuple[TargetRow, ...] = ()
    started: tuple[TargetRow, ...] = ()
    neither: tuple[TargetRow, ...] = ()
    judged: int = 0
    servers: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    older: tuple[str, ...] = ()

    def of(self, change: Change) -> tuple[Difference, ...]:
        """The differences of one sort."""
        return tuple(one for one in self.differences if one.change is change)

    @property
    def nothing(self) -> bool:
        """True if the compared results have no difference."""
        return bool(self.compared) and not self.differences and not self.stopped

    @property
    def regressed(self) -> bool:
        """True if anything that passed fails now."""
        return bool(self.stopped) or any(one.change is Change.REGRESSED for one in self.differences)


def sides(before: Run, after: Run, part: RunSelection = WHOLE) -> tuple[ComparedRun, ComparedRun]:
    """Two runs as sides. Servers are matched by release and variant; where each run has one release of a server, and
    these differ, they are what is compared, and so match. So do frameworks, by their releases, and runtimes and
    Pythons, where each run has one. If the runs have no target in common, servers are compared: targets match by
    framework, loop and gateway, if each run has one of these. Raises UsageError where nothing matches."""
    same = _moved(before.targets, after.targets, lambda row: (row.server, _server(row)))
    moved = _moved(before.targets, after.targets, lambda row: (row.framework, _framework(row)))
    runtimes = [{row.runtime for row in run.targets} for run in (before, after)]
    any_runtime = runtimes[0] != runtimes[1] and all(len(one) == 1 for one in runtimes)
    pythons = [{row.interpreter for row in run.targets} for run in (before, after)]
    any_python = pythons[0] != pythons[1] and all(len(one) == 1 for one in pythons)

    def of_server(row: TargetRow) -> Key:
        server = row.server if row.server in same else _server(row)
        framework, *rest, runtime, python = _rest(row)
        framework = row.framework if row.framework in moved else framework
        return (server, framework, *rest, "" if any_runtime else runtime, "" if any_python else python)

    of_any = _of_one(before, after, lambda row: of_server(row)[1:])
    key = next((key for key in (of_server, of_any) if _met(before, after, key, part)), None)
    if key is None:
        raise _nothing_in_common(before, after)

    names = (before.id, after.id) if before.id != after.id else (f"{before.id} (before)", f"{after.id} (after)")
    others = _cells(after, names[1]), _cells(before, names[0])
    return (
        _side(names[0], before, before.targets, key, part, others=others[0]),
        _side(names[1], after, after.targets, key, part, others=others[1]),
    )


def _met(before: Run, after: Run, key: Callable[[TargetRow], Key], part: RunSelection) -> bool:
    """True if any target of one run matches one of the other."""
    keys = [{key(row) for row in run.targets if part.has(row)} for run in (before, after)]
    return bool(keys[0] & keys[1])


def _of_one(before: Run, after: Run, key: Callable[[TargetRow], Key]) -> Callable[[TargetRow], Key]:
    """The key, for targets whose key is unique in their run; others match nothing."""
    counts = [Counter(key(row) for row in run.targets) for run in (before, after)]
    several = {one for count in counts for one, number in count.items() if number > 1}
    return lambda row: (row.id, "one of several") if key(row) in several else key(row)


def _nothing_in_common(before: Run, after: Run) -> UsageError:
    what = f"{before.id} and {after.id} have no target in common"
    same = "targets of the same framework, loop, gateway and version of HTTP are compared"
    for option, word in (("--server", server_word), ("--framework", framework_word)):
        left, right = ([word(row) for row in run.targets] for run in (before, after))
        # Runs that share a server or a framework differ in something else.
        if left and right and not set(left) & set(right):
            server = [] if option == "--server" else ["--server", server_word(before.targets[0])]
            command = shlex.join(["engine", "compare", *server, option, left[0], option, right[0]])
            return UsageError(what, hint=f"{same}; `{command}` runs both")
    return UsageError(what, hint=same)


def servers(
    run: Run, before: Sequence[str], after: Sequence[str], part: RunSelection = WHOLE, *, variants: bool = False
) -> tuple[ComparedRun, ComparedRun]:
    """Some servers, releases or variants of one run, named as in ``Target.configuration``, against some others of it.
    ``variants`` says that a server has several on either side, so that each is compared with itself. Raises UsageError
    for one that the run has not."""
    _check_known(run, (*before, *after), configurations(run))
    several = len(before) > 1 or len(after) > 1

    def key(row: TargetRow) -> Key:
        return (row.server, row.variant if variants else "", *_rest(row)) if several else _rest(row)

    def side(names: Sequence[str]) -> ComparedRun:
        return _side(", ".join(names), run, [row for row in run.targets if _named(names, _configured(row))], key, part)

    return side(before), side(after)


def frameworks(
    run: Run, before: Sequence[str], after: Sequence[str], part: RunSelection = WHOLE
) -> tuple[ComparedRun, ComparedRun]:
    """Some frameworks or releases of one run, named as in ``Target.framework_configuration``, against some others of
    it. Raises UsageError for one that the run has not."""
    _check_known(run, (*before, *after), framework_configurations(run))
    several = len(before) > 1 or len(after) > 1

    def key(row: TargetRow) -> Key:
        return (row.framework if several else "", _server(row), *_rest(row)[1:])

    def side(names: Sequence[str]) -> ComparedRun:
        rows = [row for row in run.targets if _named(names, row.framework_configuration)]
        return replace(_side(", ".join(names), run, rows, key, part), frameworks=True)

    return side(before), side(after)


def _check_known(run: Run, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if not _named([name], *known):
            raise UsageError(f"{run.id} has no targets of {name}", hint=f"it has {', '.join(known)}")


def configurations(run: Run) -> tuple[str, ...]:
    """The servers of a run, each in its release and variant, in the order in which they were asked for."""
    return tuple(dict.fromkeys(_configured(row) for row in _in_order(run)))


def framework_configurations(run: Run) -> tuple[str, ...]:
    """The frameworks of a run, each in its release, in the order in which they were asked for."""
    return tuple(dict.fromkeys(row.framework_configuration for row in _in_order(run)))


def _in_order(run: Run) -> list[TargetRow]:
    order = {target: number for number, target in enumerate(run.header.get("targets", ()))}
    return sorted(run.targets, key=lambda row: order.get(row.id, len(order)))


def compare(before: ComparedRun, after: ComparedRun, *, strict: bool = False) -> Comparison:
    """The differences between two sides. A warning counts as failing only if ``strict``. Raises UsageError if nothing
    can be compared."""
    found: dict[tuple[Change, str, Verdict, Verdict, str], list[Pair]] = {}
    compared = judged = 0
    stopped: list[TargetRow] = []
    started: list[TargetRow] = []
    neither: list[TargetRow] = []
    documents = before.documents == after.documents
    for key in (key for key in before.targets if key in after.targets):
        rows = before.targets[key], after.targets[key]
        if rows[0].failed or rows[1].failed:
            (neither if rows[0].failed and rows[1].failed else stopped if rows[1].failed else started).append(rows[1])
            continue
        for address, was in before.results.get(key, {}).items():
            now = after.results.get(key, {}).get(address)
            if now is None:
                continue
            compared += 1
            judged += was.verdict.ran or now.verdict.ran
            change = changed(was, now, documents=documents, strict=strict)
            if change is not None:
                where = (
                    change,
                    address,
                    was.verdict,
                    now.verdict,
                    first_mismatch(now, False) + first_mismatch(was, False),
                )
                found.setdefault(where, []).append(Pair(was, now))
    if not before.targets.keys() & after.targets.keys():
        raise UsageError(
            f"{before.name} and {after.name} have no target in common",
            hint="compared are targets of the same framework, loop, gateway and version of HTTP",
        )
    differences = [_difference(change, address, pairs, before, after) for (change, address, *_), pairs in found.items()]
    return Comparison(
        before.name,
        after.name,
        tuple(sorted(differences, key=_order)),
        compared,
        only_before=tuple(sorted(before.cases - after.cases)),
        only_after=tuple(sorted(after.cases - before.cases)),
        missing_before=tuple(row.id for key, row in after.targets.items() if key not in before.targets),
        missing_after=tuple(row.id for key, row in before.targets.items() if key not in after.targets),
        stopped=tuple(stopped),
        started=tuple(started),
        neither=tuple(neither),
        judged=judged,
        servers=(before.servers, after.servers),
        older=tuple(_older(before, after)),
    )


def _difference(
    change: Change, address: str, pairs: Sequence[Pair], before: ComparedRun, after: ComparedRun
) -> Difference:
    made = Difference(change, address, pairs[0].before.verdict, pairs[0].after.verdict, tuple(pairs))
    whose = before.whose if change is Change.FIXED else after.whose
    blamed = [whose[address, cell.target] for cell in _reds(made) if (address, cell.target) in whose]
    # Of several cells that went the same way, the one whose cause comes first among the rules speaks for all.
    blamed.sort(key=lambda one: list(Fault).index(one.fault))
    return replace(made, attribution=blamed[0] if blamed else None)


def _order(one: Difference) -> tuple[int, int, str, int]:
    """By the change, then by the cause, in the order of the rules, then the greatest risk first."""
    whose = one.attribution
    fault = list(Fault).index(whose.fault) if whose else len(Fault)
    return list(Change).index(one.change), fault, whose.culprit if whose else "", rank(one.red.risk)


def _reds(one: Difference) -> Iterable[JobResult]:
    return [pair.before if one.change is Change.FIXED else pair.after for pair in one.pairs]


def _side(
    name: str,
    run: Run,
    rows: Iterable[TargetRow],
    key: Callable[[TargetRow], Key],
    part: RunSelection,
    *,
    others: Iterable[ComparedResult] = (),
) -> ComparedRun:
    """A side of some of a run's targets. Causes follow from all cells of the run, not only of the part, and from the
    passes of the other run, whose cells are ``others``."""
    keys = {row.id: key(row) for row in rows if part.has(row)}
    results: dict[Key, dict[str, JobResult]] = {}
    for result in run.results:
        if result.target in keys and part.takes(result):
            results.setdefault(keys[result.target], {})[result.address] = result
    targets = {keys[row.id]: row for row in run.targets if row.id in keys}
    return ComparedRun(name, targets, results, attribute(run.cells, run.rows, others), run.id)


def _cells(run: Run, name: str) -> list[ComparedResult]:
    """A run's cells, under its name."""
    rows = {row.id: row for row in run.rows if not row.failed}
    return [ComparedResult(rows[one.target], one, name) for one in run.cells if one.target in rows]


def _older(before: ComparedRun, after: ComparedRun) -> Iterator[str]:
    """Servers and frameworks of the right side whose version is older than the left side's, each once: ``gunicorn
    26.2.0 on the right is older than 27.0.1 on the left``."""
    reported = set[tuple[str, str, str]]()
    for key, row in after.targets.items():
        left = before.targets.get(key)
        if left is None:
            continue
        for name, other, version, than in (
            (row.server, left.server, row.version, left.version),
            (row.framework, left.framework, row.framework_version, left.framework_version),
        ):
            if name == other and is_older(version, than) and (name, version, than) not in reported:
                reported.add((name, version, than))
                yield f"{name} {version} on the right is older than {than} on the left"


def is_older(version: str, than: str) -> bool:
    """True if a version is older than another; False where one of them is unknown or no version."""
    try:
        return Version(version) < Version(than)
    except InvalidVersion:
        return False


def _moved(
    before: Iterable[TargetRow], after: Iterable[TargetRow], of: Callable[[TargetRow], tuple[str, str]]
) -> set[str]:
    """The names of which each side has one configuration, and another than the other side. ``of`` gives a target's name
    and configuration."""
    sides: list[dict[str, set[str]]] = [{}, {}]
    for found, rows in zip(sides, (before, after), strict=True):
        for name, configured in map(of, rows):
            found.setdefault(name, set()).add(configured)
    left, right = sides
    return {name for name in left.keys() & right.keys() if len(left[name]) == len(right[name]) == 1} - {
        name for name in left.keys() & right.keys() if left[name] == right[name]
    }


def _configured(row: TargetRow) -> str:
    return configuration(row.server, row.release, row.variant)


def _server(row: TargetRow) -> str:
    """The key of a server in its release and variant."""
    return canonical(_configured(row))


def _framework(row: TargetRow) -> str:
    """The key of a framework in its release."""
    return canonical(row.framework_configuration)


def _rest(row: TargetRow) -> Key:
    return (_framework(row), row.loop, row.gateway, version_in_words(row.http), row.runtime, row.interpreter)


def folded(found: Iterable[Difference]) -> tuple[Folded[Difference], ...]:
    """Differences in their order, with those as one that are values of one matrix and changed alike on the same
    targets."""
    return fold(found, lambda one: one.address, _alike)


def _alike(one: Difference) -> Key:
    places = tuple(f"{pair.before.target} {pair.after.target}" for pair in one.pairs)
    because = one.attribution.because if one.attribution is not None else ""
    return (one.change, one.before, one.after, because, first_mismatch(one.red, False), *places)
