"""The exceptions that a script can raise. ``observer.inside.commands`` creates a builtin one from only a message."""

from __future__ import annotations

import builtins

# Python gives the first two a meaning of its own in a coroutine; the others take more than a message.
_OTHERS = (
    StopIteration, StopAsyncIteration,
    UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError, ExceptionGroup,
)  # fmt: skip

EXCEPTIONS = tuple(
    sorted(
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, _OTHERS)
    )
)
