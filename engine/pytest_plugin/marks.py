"""The level, the category and the tags of cases as marks for ``-m``, registered for ``--strict-markers``."""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine.model.case import CaseHeader

# A mark with one of these names would change the item.
MARKS_OF_PYTEST = frozenset({"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"})


class Marks:
    """The marks of a session, each registered with its first use."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: dict[tuple[object, ...], list[pytest.MarkDecorator]] = {}
        self._registered: set[str] = set()

    def of(self, case: CaseHeader) -> list[pytest.MarkDecorator]:
        """The marks of a case. A name that is no identifier is a mark as an identifier too: ``http_wire`` for
        ``http-wire``."""
        key = (case.level, case.category, case.tags)
        found = self._found.get(key)
        if found is None:
            tags = [(tag, "with the tag") for tag in case.tags]
            words = [(case.level.value, "of level"), (case.category, "of category"), *tags]
            names = {name: f"{of} {word}" for word, of in words for name in (word, identifier(word))}
            found = self._found[key] = [self._mark(name, of) for name, of in names.items() if can_be_a_mark(name)]
        return found

    def _mark(self, name: str, of: str) -> pytest.MarkDecorator:
        if name not in self._registered:
            self._registered.add(name)
            self._config.addinivalue_line("markers", f"{name}: conformance cases {of}")
        mark: pytest.MarkDecorator = getattr(pytest.mark, name)
        return mark


def can_be_a_mark(name: str) -> bool:
    """True if pytest accepts the name, and gives it no meaning of its own."""
    return bool(name) and name not in MARKS_OF_PYTEST and not name.startswith("_")


def identifier(name: str) -> str:
    """A name as ``-m`` and ``pytest.mark`` accept it: ``http-wire`` is ``http_wire``, ``not`` is ``not_``."""
    found = re.sub(r"\W", "_", name).lstrip("_")
    return f"{found}_" if iskeyword(found) else found
