"""The word that a schema gives a value for messages: ``x-code``.

A ``title`` describes a value to a person, and may be reworded. The linter's codes and hints depend on ``x-code``: one
of ``ValueCode``, and for a list of names ``name:<word>``, such as ``name:framework``, whose errors have the code
``unknown-framework``. Editors ignore it. A value without one has only the codes of its keyword: ``type``, ``range``,
``form`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

KEY = "x-code"
_NAME = "name:"


class ValueCode(StrEnum):
    """The types of values whose errors have codes or hints of their own."""

    SUITE = "suite"
    CASE = "case"
    CLAUSE = "clause"
    KNOWN_FAILURE = "known-failure"
    BUG = "bug"
    STEP = "step"
    ACTION = "action"
    ACT = "act"
    MATCHER = "matcher"
    MATCHERS = "matchers"
    BYTES = "bytes"
    HEADER = "header-value"
    HEX = "hex"
    TIME = "time"
    SIZE = "size"
    AMOUNT = "amount"
    ID = "id"


DOCUMENT_PARTS = frozenset({ValueCode.SUITE, ValueCode.CASE, ValueCode.CLAUSE, ValueCode.KNOWN_FAILURE, ValueCode.BUG})
UNIONS = frozenset({ValueCode.STEP, ValueCode.ACTION, ValueCode.ACT})
NOTATED = frozenset({ValueCode.MATCHER, ValueCode.MATCHERS, ValueCode.BYTES, ValueCode.HEADER})
WITH_UNIT = frozenset({ValueCode.TIME, ValueCode.SIZE, ValueCode.AMOUNT})


def code_of(schema: Mapping[str, Any]) -> ValueCode | None:
    """The code of a schema; None if it has none, or is a list of names. Raises ValueError for an unknown code."""
    word = str(schema.get(KEY, ""))
    return ValueCode(word) if word and not word.startswith(_NAME) else None


def named(schema: Mapping[str, Any]) -> str:
    """The type of the names in a schema's ``enum``; "" for plain words."""
    word = str(schema.get(KEY, ""))
    return word.removeprefix(_NAME) if word.startswith(_NAME) else ""
