"""Expectations: a fact, a matcher and its span; and mismatches, the result of comparing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Union

from engine.model.source_span import NOWHERE, Excerpt, SourceSpan


class Absent:
    """The value of a fact that is not there. It matches ``present: false`` and nothing else, not even ``not``."""

    _one: Absent | None = None

    def __new__(cls) -> Absent:
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one

    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT = Absent()


class Unclear(Absent):
    """The value of a fact that exists but has no single value: a header that is requested as one and occurs twice. It
    matches nothing, not even ``present: false``; ``why`` describes the actual values."""

    def __new__(cls, why: str) -> Unclear:
        return object.__new__(cls)

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return "unclear"


@dataclass(frozen=True)
class Literal:
    """The exact value: a scalar, or a list whose items are literal too. Variables in it are filled in when it is
    compared."""

    value: object
    place: SourceSpan


@dataclass(frozen=True)
class OperatorCall:
    """One operator with its argument, parsed as the operator's ``argument`` says."""

    operator: str
    argument: object
    place: SourceSpan


@dataclass(frozen=True)
class Operators:
    """Operators, all of which must hold."""

    calls: tuple[OperatorCall, ...]
    place: SourceSpan


Matcher = Union[Literal, Operators]


@dataclass(frozen=True)
class Expectation:
    """One fact and its matcher; ``place`` is that of the fact's name."""

    fact: str
    matcher: Matcher
    place: SourceSpan


@dataclass(frozen=True)
class SameAs:
    """``same_as``: an observation equals that of the earlier step named ``step`` in these ``facts``. ``without`` are
    names of facts, or of parts of them (``headers.server``), that are left out."""

    step: str
    facts: tuple[str, ...]
    without: tuple[str, ...]
    place: SourceSpan


@dataclass(frozen=True)
class Group:
    """The body of an ``expect`` or ``should``: all expectations hold, and one group of ``any_of`` as a whole."""

    expectations: tuple[Expectation, ...]
    any_of: tuple[Group, ...]
    place: SourceSpan
    same_as: SameAs | None = None

    def facts(self) -> set[str]:
        """Every fact that is named, at any depth."""
        names = {expectation.fact for expectation in self.expectations}
        if self.same_as is not None:
            names |= set(self.same_as.facts)
        for group in self.any_of:
            names |= group.facts()
        return names


@dataclass(frozen=True)
class Checks:
    """The checks of one step: ``expect``, ``should``, ``record`` and ``capture``; ``facts`` are those that any of the
    four names. Times are in seconds; None if the case sets none."""

    expect: Group | None = None
    should: Group | None = None
    record: tuple[tuple[str, str], ...] = ()
    capture: tuple[tuple[str, str], ...] = ()
    within: float | None = None
    quiet: float | None = None
    # Worked out once, when the document is read, since each job asks for it.
    facts: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {fact for _, fact in (*self.record, *self.capture)}
        for group in (self.expect, self.should):
            if group is not None:
                names |= group.facts()
        object.__setattr__(self, "facts", frozenset(names))

    @property
    def judges(self) -> bool:
        return self.expect is not None or self.should is not None

    @property
    def observes(self) -> bool:
        return self.judges or bool(self.record or self.capture)


NO_CHECKS = Checks()


@dataclass(frozen=True)
class Mismatch:
    """A located pair of expected and actual.

    ``where`` is the fact with the path into it (``json.headers[2]``), ``expected`` a phrase that follows the fact's
    name ("200", "to contain 'a'"), ``actual`` the observed value, ``why`` a remark on what the two do not show.
    ``place`` is the span of the matcher in the document. ``given`` marks a mismatch about something that the server
    gave the application: the scope, a message that the application asked for, the call itself. ``implicit`` marks a
    failure that no expectation states: ``expected`` is then complete without the name ("a response").

    ``engine.model.phrasing`` makes the sentence: "expected status 200, got 404".

    ``operator`` is the operator that did not hold, ``equals`` for a literal, and ``expected_value`` its argument with
    the variables filled in; "" and ABSENT where no expectation is written down. Both values are Python's own while a
    job runs, and TypedValues when read from a record. ``excerpt`` is the line of the document, None until a
    runner that can read documents has added it.
    """

    where: str
    expected: str
    actual: object
    place: SourceSpan = NOWHERE
    why: str = ""
    given: bool = False
    operator: str = ""
    expected_value: object = ABSENT
    excerpt: Excerpt | None = None
    implicit: bool = False

    def inside(self, prefix: str) -> Mismatch:
        """The same mismatch, seen from the value that this one is a part of."""
        joined = (
            prefix + self.where if self.where.startswith(("[", ".")) or not self.where else f"{prefix}.{self.where}"
        )
        return replace(self, where=joined)


@dataclass(frozen=True)
class Situation:
    """The context of a matcher apart from the value: the variables, the bytes that this step sent (for ``sent:
    true``), and ``now``, the beginning of the step and the time of its observation in seconds since 1970."""

    variables: Mapping[str, object]
    sent: bytes | None = None
    now: tuple[float, float] = (0.0, 0.0)
