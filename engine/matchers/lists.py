"""Operators for lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from engine.matchers.base import LISTS, Argument, InnerMatchers, Operator, Question
from engine.matchers.matching import same
from engine.model.expectation import Mismatch
from engine.model.phrasing import negation


def _of_list(
    answer: Callable[[Question, Sequence[object]], Mismatch | None],
) -> Callable[[Question], Mismatch | None]:
    """An answer that is asked only about lists; anything else is a mismatch."""

    def guarded(question: Question) -> Mismatch | None:
        if not isinstance(question.observed, (list, tuple)):
            return question.differs("is a list")
        return answer(question, question.observed)

    return guarded


def _some(question: Question, items: Sequence[object]) -> Mismatch | None:
    if any(question.match(item, question.argument, f"[{index}]") is None for index, item in enumerate(items)):
        return None
    return question.differs(why="" if items else "the list is empty")


def _each(question: Question, items: Sequence[object]) -> Mismatch | None:
    if not items:
        return question.differs(why="the list is empty")
    for index, item in enumerate(items):
        mismatch = question.match(item, question.argument, f"[{index}]")
        if mismatch is not None:
            return mismatch
    return None


def _none(question: Question, items: Sequence[object]) -> Mismatch | None:
    for index, item in enumerate(items):
        if question.match(item, question.argument, f"[{index}]") is None:
            phrase = negation(question.requires(question.argument))
            return question.differs(phrase, actual=item).inside(f"[{index}]")
    return None


def _end(index: int) -> Callable[[Question, Sequence[object]], Mismatch | None]:
    def answer(question: Question, items: Sequence[object]) -> Mismatch | None:
        if not items:
            return question.differs(why="the list is empty")
        return question.match(items[index], question.argument, f"[{index % len(items)}]")

    return answer


def _items(question: Question, items: Sequence[object]) -> Mismatch | None:
    matchers = question.argument
    for index, (item, matcher) in enumerate(zip(items, matchers, strict=False)):
        mismatch = question.match(item, matcher, f"[{index}]")
        if mismatch is not None:
            return mismatch
    if len(items) != len(matchers):
        return question.differs(f"has {counted(len(matchers))}", f"it has {counted(len(items))}")
    return None


def _in_order(question: Question, items: Sequence[object]) -> Mismatch | None:
    rest = iter(enumerate(items))
    for position, matcher in enumerate(question.argument):
        if not any(question.match(item, matcher, f"[{index}]") is None for index, item in rest):
            after = "after the one before it" if position else "in the list"
            return question.differs(why=f"item {position + 1} ({question.requires(matcher)}) is not {after}")
    return None


def _any_order(question: Question, items: Sequence[object]) -> Mismatch | None:
    """Each matcher takes an item of its own, and no item is left: a matching in a bipartite graph."""
    matchers = question.argument
    if len(matchers) != len(items):
        return question.differs(f"has {counted(len(matchers))}", f"it has {counted(len(items))}")
    fits = [[question.match(item, matcher, "") is None for item in items] for matcher in matchers]
    owner: dict[int, int] = {}

    def place(matcher: int, seen: set[int]) -> bool:
        for item, good in enumerate(fits[matcher]):
            if good and item not in seen:
                seen.add(item)
                if item not in owner or place(owner[item], seen):
                    owner[item] = matcher
                    return True
        return False

    for number in range(len(matchers)):
        if not place(number, set()):
            wanted = question.requires(matchers[number])
            return question.differs(why=f"no item is left for number {number + 1} ({wanted})")
    return None


def _unique(question: Question, items: Sequence[object]) -> Mismatch | None:
    for index, item in enumerate(items):
        if any(same(item, other) for other in items[:index]):
            if question.argument:
                return question.differs("is not a duplicate", actual=item).inside(f"[{index}]")
            return None
    return None if question.argument else question.differs()


def _ordered(question: Question, items: Sequence[object]) -> Mismatch | None:
    del items
    values = list(question.observed) if isinstance(question.observed, (list, tuple)) else []
    try:
        sorted_ = all(one <= other for one, other in itertools.pairwise(values))
    except TypeError:
        return question.differs(why="its items cannot be ordered")
    return None if sorted_ is question.argument else question.differs()


def counted(number: int) -> str:
    """A number of items in words."""
    return "no items" if not number else f"{number} item{'s' if number > 1 else ''}"


OPERATORS = (
    Operator(
        "some",
        "Has at least one item that matches.",
        Argument.MATCHER,
        _of_list(_some),
        phrase=("has an item that {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "each",
        "Has items, and every one matches.",
        Argument.MATCHER,
        _of_list(_each),
        phrase=("has items, each of which {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "none",
        "Has no item that matches.",
        Argument.MATCHER,
        _of_list(_none),
        phrase=("has no item that {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "first",
        "Has a first item, which matches.",
        Argument.MATCHER,
        _of_list(_end(0)),
        phrase=("has a first item that {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "last",
        "Has a last item, which matches.",
        Argument.MATCHER,
        _of_list(_end(-1)),
        phrase=("has a last item that {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "items",
        "Matches one by one, and has no more items.",
        Argument.MATCHERS,
        _of_list(_items),
        phrase=("has exactly these items: {}", "is the list {}"),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "in_order",
        "Has items that match in this order; others may stand between.",
        Argument.MATCHERS,
        _of_list(_in_order),
        phrase=("has these items in this order: {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "any_order",
        "Matches one by one in some order, and has no more items.",
        Argument.MATCHERS,
        _of_list(_any_order),
        phrase=("has exactly these items, in any order: {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "unique",
        "Has no item twice (true), or has (false).",
        Argument.FLAG,
        _of_list(_unique),
        phrase=("has no duplicate items", "has duplicate items"),
        takes=LISTS,
    ),
    Operator(
        "ordered",
        "Is in ascending order (true), or is not (false).",
        Argument.FLAG,
        _of_list(_ordered),
        phrase=("is in ascending order", "is not in ascending order"),
        takes=LISTS,
    ),
)
