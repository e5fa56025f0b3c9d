"""Expressions of ``-k``: words that a case's address or tags hold, with ``and``, ``or``, ``not`` and brackets. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from engine.errors import UsageError

Matches = Callable[[Sequence[str]], bool]
TOKEN = re.compile(r"\s*(?:([()])|([^\s()]+))")
OPERATORS = ("and", "or", "not")
DEEPEST = 50
FORM = "words with and, or, not and brackets, like -k 'host and not missing'"


@lru_cache(maxsize=8)
def expression(text: str) -> Matches:
    """Parse an expression of ``-k`` to a predicate over the names of a case. A word matches if any name contains it,
    without regard to case. Raises UsageError for a text that is no expression."""
    if max(text.count("("), len(re.findall(r"\bnot\b", text))) > DEEPEST:
        raise UsageError(f"the expression of -k is too deep: {len(text)} characters", hint=FORM)
    reader = _ExpressionReader(text)
    found = reader.either()
    if reader.word is not None:
        raise reader.refusal(f"unexpected {reader.word!r}")
    return lambda names: found([name.lower() for name in names])


class _ExpressionReader:
    """Reads an expression from left to right; ``word`` is the next token, None at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens: Iterator[str] = iter([match[1] or match[2] for match in TOKEN.finditer(text)])
        self.word = next(self._tokens, None)

    def either(self) -> Matches:
        found = [self._both()]
        while self.word == "or":
            self._next()
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda names: any(one(names) for one in found)

    def _both(self) -> Matches:
        found = [self._one()]
        while self.word == "and":
            self._next()
            found.append(self._one())
        return found[0] if len(found) == 1 else lambda names: all(one(names) for one in found)

    def _one(self) -> Matches:
        word = self._next()
        if word == "not":
            inner = self._one()
            return lambda names: not inner(names)
        if word == "(":
            inner = self.either()
            if self._next() != ")":
                raise self.refusal("a bracket is not closed")
            return inner
        if word is None or word == ")" or word in OPERATORS:
            raise self.refusal("a word is missing at the end" if word is None else f"a word is missing before {word!r}")
        wanted = word.lower()
        return lambda names: any(wanted in name for name in names)

    def _next(self) -> str | None:
        word, self.word = self.word, next(self._tokens, None)
        return word

    def refusal(self, what: str) -> UsageError:
        return UsageError(f"-k {self.text!r} is not a valid expression: {what}", hint=FORM)
