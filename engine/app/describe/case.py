"""A whole case in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.app.describe.phrases import Phrases, time_in_words
from engine.app.describe.steps import Steps
from engine.execution.planning.plan import Offers, Unsupported, not_meant, reason
from engine.matchers.base import Operator
from engine.model.case import Case, Selector, Step
from engine.model.clause import Clause
from engine.model.delivery import Delivery
from engine.model.quantities import show_size
from engine.model.server_options import Kind
from engine.model.target import DIRECT, HTTP_1_1, HTTP_2, Target
from engine.steps.api.step_type import StepTypes
from engine.targets.catalog.options import load_options
from engine.terminal.paint import Role
from engine.terminal.tree import TreeEntry

NAMES = {HTTP_1_1: "HTTP/1.1", HTTP_2: "HTTP/2"}


def entries(
    case: Case,
    clauses: Mapping[str, Clause],
    stands: Mapping[str, Sequence[Target]],
    step_types: StepTypes,
    operators: Mapping[str, Operator],
    *,
    every_target: bool = False,
    deliveries: Sequence[Delivery] = (),
    http: Sequence[str] = (HTTP_1_1,),
) -> list[TreeEntry]:
    """The case: its place and properties, the clauses that it cites, its script, its steps, and its targets.

    ``stands`` are the targets as ``standing`` groups them. Those on which the case does not run are counted;
    ``every_target`` lists them, with the reasons. ``deliveries`` are all that the case declares. ``http`` are the
    versions whose steps are shown; a case that only HTTP/1.1 has is shown over that.
    """
    variables = case.body.variables
    steps = Steps(step_types, Phrases(operators, variables), variables, library=bool(case.client))
    versions = dict.fromkeys(HTTP_1_1 if case.http1 else one for one in http)
    differs = not case.http1 and differs_over_http2(case, step_types)
    found = [
        TreeEntry(f"{case.place.shown_file}:{case.place.line}: {case.id}", role=Role.HEADING),
        TreeEntry(case.title, hanging=0),
        TreeEntry(""),
        TreeEntry("; ".join(about(case)), hanging=0),
    ]
    if len(deliveries) > 1:
        found.append(TreeEntry(f"deliveries: {', '.join(one.name or 'whole' for one in deliveries)}", hanging=0))
    if case.note:
        found += [TreeEntry(""), TreeEntry(" ".join(case.note.split()), hanging=0)]
    if case.cite:
        found += [TreeEntry(""), TreeEntry("cites", list(cited(case, clauses)), role=Role.HEADING)]
    if case.body.application is not None:
        found += [
            TreeEntry(""),
            TreeEntry("the application's script", steps.application(case.body.application), role=Role.HEADING),
        ]
    for version in versions if differs else list(versions)[:1]:
        shown = replace(steps, http2=version != HTTP_1_1)
        heading = f"steps, over {NAMES[version]}" if differs else "steps"
        found += [TreeEntry(""), TreeEntry(heading, shown.entries(case.body.steps), role=Role.HEADING)]
    return [*found, TreeEntry(""), *placed(stands, every_target=every_target)]


def differs_over_http2(case: Case, step_types: StepTypes) -> bool:
    """True if a step of the case sends something else over HTTP/2."""
    types = {(step.group, step.step_type) for step in every_step(case.body.steps, step_types)}
    return any(step_types[one].preview_http2 is not None for one in types)


def every_step(steps: Sequence[Step], step_types: StepTypes) -> Iterator[Step]:
    """Steps, and those inside them."""
    for step in steps:
        yield step
        inner = step_types[step.group, step.step_type].inner
        for _, listed in inner(step.params) if inner is not None else ():
            yield from every_step(listed, step_types)


def placed(stands: Mapping[str, Sequence[Target]], *, every_target: bool) -> Iterator[TreeEntry]:
    """The targets on which a case runs; the number of the others, or the others by reason."""
    others = {why: targets for why, targets in stands.items() if why}
    here = stands.get("", ())
    lines = [TreeEntry(line, hanging=4) for line in named(here)]
    yield TreeEntry("runs on" if lines else "runs on none of these targets", lines, role=Role.HEADING)
    if not every_target:
        if others:
            count = sum(map(len, others.values()))
            reasons = f"{len(others)} reason{'s' if len(others) > 1 else ''}"
            yield TreeEntry(f"not on {count} others, for {reasons}; --targets lists them", role=Role.DIM)
        return
    for why, targets in others.items():
        yield TreeEntry(
            f"does not run on, because {why}",
            [TreeEntry(line, hanging=4) for line in named(targets)],
            role=Role.HEADING,
        )


def about(case: Case) -> Iterator[str]:
    """The properties of a case, in short phrases."""
    yield f"{case.level.value}, category {case.category}"
    if case.extended:
        yield "extended, so it runs only with --extended or by its address"
    yield f"timeout {time_in_words(case.timeout)}"
    if not case.delivery.whole:
        yield f"delivered {case.delivery.described}"
    yield f"HTTP/1.1 only, since {case.http1}" if case.http1 else "over HTTP/1.1 and HTTP/2"
    if case.client:
        yield "plain steps by httpx and websockets"
    if case.needs:
        yield f"needs {', '.join(case.needs)}"
    if only := selected(case.only):
        yield f"only {only}"
    for skip in case.skip:
        yield f"skipped for {selected(skip.selector)}"
    if case.without_server:
        yield "without a server, so once for each framework of a run"
    if case.own_process:
        yield "on a dedicated server"
    if case.server:
        yield f"server options {', '.join(option(name, value) for name, value in case.server.items())}"
    if case.alone:
        yield "exclusive" if case.alone == "all" else f"not concurrent with other cases of {case.alone!r}"
    if case.depends_on:
        yield f"depends on {', '.join(case.depends_on)}"
    if case.since:
        yield f"since corpus {case.since}"
    if case.tags:
        yield f"tags {', '.join(case.tags)}"


def option(name: str, value: object) -> str:
    """An option of the server's: ``keep_alive 2 s``."""
    known = load_options().get(name)
    if known is not None and known.kind == "mapping" and isinstance(value, tuple):
        return f"{name} {{{', '.join(worded(part, one, known.parts.get(part, 'value')) for part, one in value)}}}"
    return worded(name, value, known.kind if known is not None else "value")


def worded(name: str, value: object, kind: Kind) -> str:
    """A name with a value of that kind."""
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
        "HTTP": selector.http,
    }
    return " and ".join(f"{sort} {', '.join(names)}" for sort, names in sorts.items() if names)


def cited(case: Case, clauses: Mapping[str, Clause]) -> Iterator[TreeEntry]:
    """Each clause with its text, its source and its link."""
    for name in case.cite:
        clause = clauses.get(name)
        if clause is None:
            yield TreeEntry(f"{name}: there is no such clause")
        else:
            link = [TreeEntry(clause.url, role=Role.LINK)] * bool(clause.url)
            below = [TreeEntry(clause.statement, hanging=0), *link]
            head = f"{clause.id} ({clause.level}, risk: {clause.risk}, {clause.source})"
            yield TreeEntry(head, below, role=Role.NAME)


def standing(
    case: Case, targets: Sequence[Target], offers: Offers, unsupported: Unsupported
) -> dict[str, list[Target]]:
    """The targets by the reason why the case does not run on them; those on which it runs come first, under ""."""
    found: dict[str, list[Target]] = {}
    for target in targets:
        why = not_meant(case, target) or reason(case, target, offers(target), unsupported)
        found.setdefault(why, []).append(target)
    return dict(sorted(found.items(), key=lambda entry: bool(entry[0])))


def named(targets: Sequence[Target]) -> Iterator[str]:
    """Targets in lines: those of one server with the same loops share a line."""
    loops: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        behind = "" if target.gateway == DIRECT else f" behind {target.gateway}"
        loops.setdefault((target.configuration + behind, target.framework_configuration), []).append(target.loop)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (server, framework), several in loops.items():
        alike.setdefault((server, tuple(several)), []).append(framework)
    for (server, words), frameworks in alike.items():
        yield f"{server} with {', '.join(frameworks)} ({', '.join(words)})"
