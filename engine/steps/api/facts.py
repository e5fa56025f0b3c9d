"""The facts: values that a step exposes to ``expect``, by name and type.

A ``FactSet`` is an observation whose facts are methods. Each is declared once, where its value is worked out::

    class Answer(FactSet):
        @fact("status", INTEGER)
        def status(self) -> object:
            \"\"\"The final status, a whole number.\"\"\"
            return self.response.status

``Answer.facts`` is then what its step type declares, in the order of the methods: the decorator has the name and the
type, and the docstring is what documents say of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import ANY, FactType
from engine.steps.api.comparison import plain

_PATH, _WORD = "[.*]", ".*"


@dataclass(frozen=True)
class Fact:
    """A fact that a step type exposes.

    ``name`` may end in ``.*`` (one word follows: ``header.*``) or in ``[.*]`` (a path may follow: ``json[.*]``).
    ``type`` says which values it can have; ``parts`` the same of paths into a fact in ``[.*]``, each a pattern of
    fnmatch and a type, of which the first that fits counts.
    """

    name: str
    summary: str
    type: FactType = ANY
    parts: tuple[tuple[str, FactType], ...] = ()


Method = TypeVar("Method", bound=Callable[..., object])


def fact(name: str, type: FactType = ANY, parts: tuple[tuple[str, FactType], ...] = ()) -> Callable[[Method], Method]:
    """Declare a method of a FactSet as the fact of that name. The method returns the value, ABSENT where there is none.

    The method of a name in ``.*`` or ``[.*]`` takes what follows in the document, without the dot: ``x-one`` for
    ``header.x-one``, "" for the whole of ``json[.*]``. Its docstring is the fact's summary.
    """

    def declare(method: Method) -> Method:
        method.__dict__["fact"] = Fact(name, " ".join((method.__doc__ or "").split()), type, parts)
        return method

    return declare


class FactSet:
    """An observation whose facts are methods with ``@fact``; nothing was sent and nothing is implied unless a subclass
    says so.

    A subclass has the facts of its base before its own; one that declares a name again takes its place. Of the base's
    facts, those in ``without`` are left out, and ``summaries`` says of others what they are here.
    """

    facts: ClassVar[tuple[Fact, ...]] = ()
    compared: ClassVar[tuple[str, ...]] = ()
    """The facts that ``same_as`` compares."""
    _whole: ClassVar[Mapping[str, Callable[[Any], object]]] = {}
    _partial: ClassVar[Mapping[str, Callable[[Any, str], object]]] = {}

    def __init_subclass__(
        cls, without: Collection[str] = (), summaries: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init_subclass__(**more)
        known = {one.name: one for one in cls.facts}
        for name in without:
            del known[name]
        for name, summary in (summaries or {}).items():
            known[name] = replace(known[name], summary=summary)
        whole = {name: method for name, method in cls._whole.items() if not _names(name) & {*without}}
        partial = {name: method for name, method in cls._partial.items() if not _names(name) & {*without}}
        for method in vars(cls).values():
            declared = getattr(method, "fact", None)
            if not isinstance(declared, Fact):
                continue
            known[declared.name] = declared
            family = declared.name.removesuffix(_PATH).removesuffix(_WORD)
            if family == declared.name:
                whole[family] = method
                continue
            partial[family] = method
            if declared.name.endswith(_PATH):
                whole[family] = _all_of(method)
        cls.facts, cls._whole, cls._partial = tuple(known.values()), whole, partial

    @property
    def sent(self) -> bytes | None:
        """The bytes that this step sent, for ``sent: true``."""
        return None

    def fact(self, name: str) -> object:
        """The value of a fact, ABSENT where it is not there. The longest declared name that fits counts."""
        method = self._whole.get(name)
        if method is not None:
            return method(self)
        family = name
        while (dot := family.rfind(".")) > 0:
            family = name[:dot]
            found = self._partial.get(family)
            if found is not None:
                return found(self, name[dot + 1 :])
        return ABSENT

    def parts(self, fact: str) -> Mapping[str, object]:
        """The parts of a fact that ``same_as`` compares, by their names."""
        return {fact: plain(self.fact(fact))}

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """Failures that need no explicit expectation."""
        del named
        return ()


def _names(family: str) -> set[str]:
    """The names under which a family may be declared."""
    return {family, family + _PATH, family + _WORD}


def _all_of(method: Callable[[Any, str], object]) -> Callable[[Any], object]:
    return lambda facts: method(facts, "")
