"""Operators for lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from engine.matchers.base import LISTS, Argument, InnerMatchers, Operator, Question
from engine.matchers.matching import same
from engine.model.expectation import Mismatch


def _of_list(
    answer: Callable[[Question, Sequence[object]], Mismatch | None],
) -> Callable[[Question], Mismatch | None]:
    """An answer that is asked only about lists; anything else is a mismatch."""

    def guarded(question: Question) -> Mismatch | None:
        if not isinstance(question.observed, (list, tuple)):
            return question.differs("is a list", "it is no list")
        return answer(question, question.observed)

    return guarded


def _some(question: Question, items: Sequence[object]) -> Mismatch | None:
    found = [question.match(item, question.argument, f"[{index}]") for index, item in enumerate(items)]
    if any(mismatch is None for mismatch in found):
        return None
    if not items:
        return question.differs("has an item that matches", "the list is empty")
    first = next(mismatch for mismatch in found if mismatch is not None)
    return question.differs("has an item that " + first.expected, f"none of {len(items)} does")


def _each(question: Question, items: Sequence[object]) -> Mismatch | None:
    if not items:
        return question.differs("has items that all match", "`each` of an empty list fails")
    for index, item in enumerate(items):
        mismatch = question.match(item, question.argument, f"[{index}]")
        if mismatch is not None:
            return mismatch
    return None


def _none(question: Question, items: Sequence[object]) -> Mismatch | None:
    for index, item in enumerate(items):
        if question.match(item, question.argument, f"[{index}]") is None:
            return question.differs("matches none", actual=item).inside(f"[{index}]")
    return None


def _end(index: int, word: str) -> Callable[[Question, Sequence[object]], Mismatch | None]:
    def answer(question: Question, items: Sequence[object]) -> Mismatch | None:
        if not items:
            return question.differs(f"has a {word} item", "the list is empty")
        return question.match(items[index], question.argument, f"[{index % len(items)}]")

    return answer


def _items(question: Question, items: Sequence[object]) -> Mismatch | None:
    matchers = question.argument
    for index, (item, matcher) in enumerate(zip(items, matchers, strict=False)):
        mismatch = question.match(item, matcher, f"[{index}]")
        if mismatch is not None:
            return mismatch
    if len(items) != len(matchers):
        return question.differs(f"has {len(matchers)} items", f"it has {len(items)}")
    return None


def _in_order(question: Question, items: Sequence[object]) -> Mismatch | None:
    rest = iter(enumerate(items))
    for position, matcher in enumerate(question.argument):
        if not any(question.match(item, matcher, f"[{index}]") is None for index, item in rest):
            last = question.match(items[-1], matcher, "") if items else None
            phrase = f" ({last.expected})" if last else ""
            return question.differs("has these items in order", f"number {position + 1}{phrase} does not follow")
    return None


def _any_order(question: Question, items: Sequence[object]) -> Mismatch | None:
    """Each matcher takes an item of its own, and no item is left: a matching in a bipartite graph."""
    matchers = question.argument
    if len(matchers) != len(items):
        return question.differs(f"has {len(matchers)} items, in any order", f"it has {len(items)}")
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
            return question.differs("has these items, in any order", f"number {number + 1} finds no item of its own")
    return None


def _unique(question: Question, items: Sequence[object]) -> Mismatch | None:
    for index, item in enumerate(items):
        if any(same(item, other) for other in items[:index]):
            if question.argument:
                return question.differs("has no item twice", actual=item).inside(f"[{index}]")
            return None
    return None if question.argument else question.differs("has an item twice")


def _ordered(question: Question, items: Sequence[object]) -> Mismatch | None:
    del items
    values = list(question.observed) if isinstance(question.observed, (list, tuple)) else []
    try:
        sorted_ = all(one <= other for one, other in itertools.pairwise(values))
    except TypeError:
        return question.differs("is in ascending order", "its items cannot be ordered")
    if sorted_ is question.argument:
        return None
    return question.differs("is in ascending order" if question.argument else "is not in ascending order")


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
        _of_list(_end(0, "first")),
        phrase=("has a first item that {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "last",
        "Has a last item, which matches.",
        Argument.MATCHER,
        _of_list(_end(-1, "last")),
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
        phrase=("has in this order, with or without others between: {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "any_order",
        "Matches one by one in some order, and has no more items.",
        Argument.MATCHERS,
        _of_list(_any_order),
        phrase=("has in any order exactly these items: {}",),
        takes=LISTS,
        part=InnerMatchers.ITEMS,
    ),
    Operator(
        "unique",
        "Has no item twice (true), or has (false).",
        Argument.FLAG,
        _of_list(_unique),
        phrase=("has no item twice", "has an item twice"),
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
