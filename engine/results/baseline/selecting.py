"""The smallest selectors that name some targets and leave others out. Pure.

A target is a point with one value for each of ``WORDS``; a selector is a box, which holds some values for each. Boxes
are grown from one failing target at a time, as far as no target that passes is inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.version import InvalidVersion, Version

from engine.model.case import Selector
from engine.model.target import HTTP_1_1
from engine.results.baseline.baseline import server_version
from engine.results.record.store import TargetRow

Point = tuple[str, ...]
Box = tuple[frozenset[str], ...]

# The words of a point, and the order in which a box is grown. It never grows to another server: a line's reason and
# link are about one.
WORDS = ("server", "version", "framework", "loop", "gateway", "runtime", "http")
GROWN = ("loop", "framework", "gateway", "runtime", "http", "version")
# The default values, which an entry does not need to name.
USUAL = frozenset({"auto", "direct", "local", HTTP_1_1})


def point(row: TargetRow) -> Point:
    """A target's words."""
    return (
        row.server,
        server_version(row),
        row.framework,
        row.loop,
        row.gateway,
        row.runtime,
        row.server_http,
    )


@dataclass(frozen=True, slots=True)
class NamedTargets:
    """The targets of an entry: a selector, and a range of the server's versions, "" for all."""

    selector: Selector
    versions: str = ""


@dataclass(frozen=True)
class CaseHistory:
    """The results of one case: the targets on which it fails, those on which it passes, and all targets of the run.

    ``listed`` are failing targets that another entry names already: a box may contain them, and none is made for them.
    """

    failing: frozenset[Point]
    passing: frozenset[Point]
    run: frozenset[Point]
    listed: frozenset[Point] = frozenset()

    @cached_property
    def judged(self) -> frozenset[Point]:
        """The targets on which the case failed or passed."""
        return self.failing | self.passing | self.listed

    def boxes(self) -> list[Box]:
        """Boxes that hold every failing target and no passing one."""
        found: list[Box] = []
        left = set(self.failing)
        for start in sorted(self.failing):
            if start in left:
                box = self._grown(start, left)
                found.append(box)
                left = {one for one in left if not holds(box, one)}
        return found

    def _grown(self, start: Point, left: set[Point]) -> Box:
        box: list[frozenset[str]] = [frozenset({word}) for word in start]
        for index in map(WORDS.index, GROWN):
            taken = set(box[index])
            for value in sorted({one[index] for one in self.failing | self.listed} - taken):
                row = tuple(frozenset({value}) if here == index else words for here, words in enumerate(box))
                inside = {one for one in self.judged if holds(row, one)}
                if inside & left and not inside & self.passing:
                    taken.add(value)
            box[index] = frozenset(taken)
        return tuple(box)

    def free(self, box: Box, index: int) -> bool:
        """True if a box need not name its values of one word: it holds all that this server's targets have, and there
        was a choice, or nothing but what is usual."""
        within = {one[index] for one in self.judged if one[0] in box[0]}
        if not within <= box[index]:
            return False
        return len({one[index] for one in self.run}) > 1 or within <= USUAL or WORDS[index] == "version"

    def named(self, box: Box) -> list[NamedTargets]:
        """A box in the words of a line; several where its versions are no single range."""
        words = [() if self.free(box, index) else tuple(sorted(values)) for index, values in enumerate(box)]
        servers, versions, frameworks, loops, gateways, runtimes, http = [tuple(sorted(box[0])), *words[1:]]
        selector = Selector(servers, frameworks, loops, gateways, runtimes, http)
        if not versions:
            return [NamedTargets(selector)]
        others = {one[1] for one in self.passing if one[0] in box[0]}
        return [NamedTargets(selector, text) for text in ranges(versions, others)]


def holds(box: Box, one: Point) -> bool:
    """True if a point is inside a box."""
    return all(word in values for word, values in zip(one, box, strict=True))


def smallest(evidence: CaseHistory) -> list[NamedTargets]:
    """The fewest entries found that cover every failing target and no passing one.

    A failure with a framework on every server of several, and not with all frameworks, becomes an entry of the
    framework.
    """
    found: dict[tuple[Selector, str], set[str]] = {}
    for box in evidence.boxes():
        for one in evidence.named(box):
            key = Selector((), *_rest(one.selector)), one.versions
            found.setdefault(key, set()).update(one.selector.servers)
    lines: list[NamedTargets] = []
    for (selector, versions), servers in found.items():
        frameworks = selector.frameworks
        judged = {one[0] for one in evidence.judged if not frameworks or one[2] in frameworks}
        if frameworks and not versions and len(judged) > 1 and servers == judged:
            lines.append(NamedTargets(selector, versions))
        else:
            lines += [NamedTargets(Selector((server,), *_rest(selector)), versions) for server in sorted(servers)]
    return sorted(lines, key=order)


def _rest(selector: Selector) -> tuple[tuple[str, ...], ...]:
    return selector.frameworks, selector.loops, selector.gateways, selector.runtimes, selector.http


def order(one: NamedTargets) -> tuple[object, ...]:
    """The sort key of the entries of one case."""
    return one.selector.servers, *_rest(one.selector), one.versions


def ranges(versions: Iterable[str], others: Iterable[str]) -> list[str]:
    """Ranges that hold some versions and none of the others: each goes from the first to the last of a row of
    versions with no other between, and claims nothing beyond what was run."""
    wanted = set(versions)
    rows: list[list[str]] = [[]]
    for version in sorted(wanted | set(others), key=_number):
        if version in wanted and version:
            rows[-1].append(version)
        elif rows[-1]:
            rows.append([])
    return [f"=={row[0]}" if len(row) == 1 else f">={row[0]},<={row[-1]}" for row in rows if row]


def _number(version: str) -> tuple[bool, Version, str]:
    try:
        return True, Version(version), version
    except InvalidVersion:
        return False, Version("0"), version


def narrowed(old: Selector, new: Selector, seen: Mapping[str, Sequence[str]]) -> tuple[Selector, list[Selector]]:
    """A selector inside another: each word as the new one names it, or else as the old one does. Behind it, what the
    old one names and no target was ``seen`` of, by word: nothing is known of that, so it stays listed."""
    words = ("servers", "frameworks", "loops", "gateways", "runtimes", "http")
    inner = Selector(*(getattr(new, word) or getattr(old, word) for word in words))
    rest = []
    for word in words:
        unseen = tuple(name for name in getattr(old, word) if name not in seen.get(word, ()))
        if unseen and getattr(new, word):
            rest.append(Selector(*(unseen if one == word else getattr(old, one) for one in words)))
    return inner, rest
