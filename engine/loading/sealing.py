"""The steps of a document's cases as one piece of bytes, for whoever needs the cases without them.

pytest's own process names cases, selects them and reports on them; their steps are for the process that performs them.
Most of what a case is made of is steps, and to read them takes the drivers that made them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace

from engine.loading.loaded import Loaded
from engine.model.case import Case, Step


class Seal:
    """The steps of all cases of a document. They are read together, when those of one are asked for."""

    __slots__ = ("_data", "_opened")

    def __init__(self, data: bytes) -> None:
        """``data`` is the pickle of a list with a case's steps each."""
        self._data = data
        self._opened: list[tuple[Step, ...]] | None = None

    def __reduce__(self) -> tuple[type[Seal], tuple[bytes]]:
        return Seal, (self._data,)

    def steps(self, number: int) -> tuple[Step, ...]:
        """The steps of the n-th case of the document."""
        if self._opened is None:
            self._opened = pickle.loads(self._data)
        return self._opened[number]


def sealed(held: Loaded) -> Loaded:
    """What a document holds, with its cases' steps under one seal."""
    steps = [case.steps for suite in held.suites for case in suite.cases]
    seal = Seal(pickle.dumps(steps, protocol=5))
    numbers = iter(range(len(steps)))
    suites = tuple(replace(suite, cases=tuple(_under(seal, suite.cases, numbers))) for suite in held.suites)
    return replace(held, suites=suites)


def _under(seal: Seal, cases: tuple[Case, ...], numbers: Iterator[int]) -> Iterator[Case]:
    for case in cases:
        yield case.without_steps((seal, next(numbers)))
