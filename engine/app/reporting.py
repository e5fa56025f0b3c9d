"""Report formats for commands: which there are for a subject, and the text of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from engine.errors import UsageError
from engine.registry import Registry
from engine.reports.base import Format, formats


@cache
def known() -> Registry[Format]:
    """Every format."""
    return formats()


def writer(form: str, subject: str) -> Callable[[Any], str]:
    """What writes a ``grid``, ``comparison`` or ``explanation`` in the format of that name. Raises UsageError where
    there is none of that name, or it cannot show the subject."""
    write: Callable[[Any], str] | None = getattr(known().pick(form), subject)
    if write is None:
        able = ", ".join(name for name, one in known().items() if getattr(one, subject) is not None)
        raise UsageError(f"the format {form!r} has no {subject}", hint=f"known: {able}")
    return write


def render(form: str, subject: str, value: object) -> str:
    """The value in the format of that name. Raises UsageError, as ``writer`` does."""
    return writer(form, subject)(value)
