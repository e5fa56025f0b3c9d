"""The targets on which one case is tried: one for each server that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.app.engine import Engine, RunOptions
from engine.errors import UsageError
from engine.execution.planning.plan import not_meant, reason
from engine.model.case import CaseHeader
from engine.model.target import Target
from engine.targets.catalog.releases import FRAMEWORK, Pinned, wanted
from engine.targets.matrix.selection import DEFAULT


def targets_for(engine: Engine, case: CaseHeader, options: RunOptions) -> list[Target]:
    """A target of each server that was asked for, with each loop and gateway; without ``--framework`` the bare app if
    the case runs there, else the first framework on which it runs, else one that does not support the case. In the
    order of the options. Raises UsageError if the case is for none of the targets, with the reasons."""
    asked = replace(options, servers=options.servers or (DEFAULT,))
    found = engine.targets(asked)
    groups: dict[tuple[str, ...], list[Target]] = {}
    for target in found:
        framework = target.framework_configuration if asked.frameworks else ""
        groups.setdefault((target.configuration, framework, target.loop, target.gateway), []).append(target)
    chosen = [one for group in groups.values() if (one := best(engine, case, group)) is not None]
    if not chosen:
        reasons = dict.fromkeys(f"{target.id}: {not_meant(case, target)}" for target in found)
        raise UsageError(
            f"{case.address} is for none of these targets",
            hint="\n  ".join([*list(reasons)[:5], "`engine show CASE` lists its targets"]),
        )
    return sorted(chosen, key=lambda target: place(engine, target, asked))


def best(engine: Engine, case: CaseHeader, group: Sequence[Target]) -> Target | None:
    """The target of a group on which the case is tried; None if it is for none of them."""
    meant = [target for target in group if not not_meant(case, target)]
    runs = [target for target in meant if not reason(case, target, engine.offers(target), engine.unsupported)]
    ordered = sorted(runs or meant, key=lambda target: not target.is_control)
    return ordered[0] if ordered else None


def place(engine: Engine, target: Target, options: RunOptions) -> tuple[int, int]:
    """The position of a target among the words of ``--server`` and ``--framework``."""
    server = engine.configured[target.configuration]
    servers = [wanted(word) for word in options.servers]
    named = [one.name in (server.name, server.package) for one in servers]
    exact = [
        match and one.variant == target.variant and isinstance(one.release, Pinned) == (not target.release)
        for match, one in zip(named, servers, strict=True)
    ]
    frameworks = [wanted(word, FRAMEWORK).name == target.framework for word in options.frameworks]
    return first(exact if any(exact) else named), first(frameworks)


def first(matches: Sequence[bool]) -> int:
    """The index of the first match; the number of them all if there is none."""
    return matches.index(True) if True in matches else len(matches)
