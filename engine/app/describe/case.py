"""A whole case in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.app.describe.phrases import Phrases, time_in_words
from engine.app.describe.steps import Steps
from engine.execution.planning.plan import Offers, Unsupported, not_meant, reason
from engine.execution.runner.scope import Kinds
from engine.matchers.base import Operator
from engine.model.case import Case, Clause, Selector
from engine.model.quantities import show_size
from engine.model.target import DIRECT, Target
from engine.targets.catalog.options import load_options
from engine.terminal.tree import TreeEntry


def entries(
    case: Case,
    clauses: Mapping[str, Clause],
    stands: Mapping[str, Sequence[Target]],
    kinds: Kinds,
    operators: Mapping[str, Operator],
) -> list[TreeEntry]:
    """The case: where it stands, what it cites, where it runs (``stands``, of ``standing``), its script, its steps."""
    steps = Steps(kinds, Phrases(operators, case.body.variables), case.body.variables)
    found = [
        TreeEntry(f"{case.place.shown_file}:{case.place.line}: {case.id}"),
        TreeEntry(case.title, hanging=0),
        TreeEntry(""),
        TreeEntry("; ".join(about(case)), hanging=0),
    ]
    if case.note:
        found += [TreeEntry(""), TreeEntry(" ".join(case.note.split()), hanging=0)]
    if case.cite:
        found += [TreeEntry(""), TreeEntry("cites", list(cited(case, clauses)))]
    found.append(TreeEntry(""))
    for why, targets in stands.items():
        found.append(
            TreeEntry(
                f"not on these: {why}" if why else "runs on", [TreeEntry(line, hanging=4) for line in named(targets)]
            )
        )
    if case.body.application is not None:
        found += [
            TreeEntry(""),
            TreeEntry("the application, as the control plays it", steps.application(case.body.application)),
        ]
    return [*found, TreeEntry(""), TreeEntry("steps", steps.entries(case.body.steps))]


def about(case: Case) -> Iterator[str]:
    """The properties of a case, in short phrases."""
    yield f"{case.level.value}, category {case.category}"
    yield f"given up after {time_in_words(case.timeout)}"
    if case.needs:
        yield f"needs {', '.join(case.needs)}"
    if only := selected(case.only):
        yield f"only {only}"
    for skip in case.skip:
        yield f"skipped for {selected(skip.selector)}"
    if case.own_process:
        yield "in a process of its own"
    if case.server:
        yield f"the server has {', '.join(option(name, value) for name, value in case.server.items())}"
    if case.alone:
        yield "alone on its target" if case.alone == "all" else f"never beside another of {case.alone!r}"
    if case.depends_on:
        yield f"depends on {', '.join(case.depends_on)}"
    if case.since:
        yield f"since corpus {case.since}"
    if case.tags:
        yield f"tags {', '.join(case.tags)}"


def option(name: str, value: object) -> str:
    """An option of the server's: ``keep_alive 2 s``."""
    known = load_options().get(name)
    kind = known.kind if known is not None else ""
    if isinstance(value, (int, float)) and kind == "time":
        return f"{name} {time_in_words(value)}"
    if isinstance(value, int) and kind == "size":
        return f"{name} {show_size(value)}"
    if isinstance(value, tuple):
        return f"{name} {' '.join(str(word) for word in value)}"
    return f"{name} {str(value).lower() if isinstance(value, bool) else value}"


def selected(selector: Selector) -> str:
    """A selector in words: ``servers gunicorn and loops uvloop``."""
    sorts = {
        "servers": selector.servers,
        "frameworks": selector.frameworks,
        "loops": selector.loops,
        "gateways": selector.gateways,
        "runtimes": selector.runtimes,
    }
    return " and ".join(f"{sort} {', '.join(names)}" for sort, names in sorts.items() if names)


def cited(case: Case, clauses: Mapping[str, Clause]) -> Iterator[TreeEntry]:
    """Each clause with what it says, where, and a link."""
    for name in case.cite:
        clause = clauses.get(name)
        if clause is None:
            yield TreeEntry(f"{name}: no such clause is known")
        else:
            below = [TreeEntry(clause.statement, hanging=0)] + [TreeEntry(clause.url)] * bool(clause.url)
            yield TreeEntry(f"{clause.id} ({clause.level}, {clause.source})", below)


def standing(
    case: Case, targets: Sequence[Target], offers: Offers, unsupported: Unsupported
) -> dict[str, list[Target]]:
    """The targets by why the case does not run there; "" for those on which it does, which go first."""
    found: dict[str, list[Target]] = {}
    for target in targets:
        why = not_meant(case, target) or reason(case, target, offers(target), unsupported)
        found.setdefault(why, []).append(target)
    return dict(sorted(found.items(), key=lambda entry: bool(entry[0])))


def named(targets: Sequence[Target]) -> Iterator[str]:
    """Targets in as few lines as tell them: those of a server and of the same loops are one."""
    loops: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        behind = "" if target.gateway == DIRECT else f" behind {target.gateway}"
        loops.setdefault((target.configuration + behind, target.framework_configuration), []).append(target.loop)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (server, framework), several in loops.items():
        alike.setdefault((server, tuple(several)), []).append(framework)
    for (server, words), frameworks in alike.items():
        yield f"{server} with {', '.join(frameworks)} ({', '.join(words)})"
