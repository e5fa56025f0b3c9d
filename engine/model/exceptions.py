"""The exceptions that a script can raise. ``observer.inside.commands`` creates a builtin one from only a message."""

from __future__ import annotations

import builtins

_SPECIAL = (StopIteration, StopAsyncIteration)
_LONGER = (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError, ExceptionGroup)


def obstacle(name: str) -> str:
    """The reason why a script cannot raise the exception of that name, as a sentence; "" if it can."""
    found = getattr(builtins, name, None)
    if not isinstance(found, type) or not issubclass(found, BaseException):
        return f"there is no builtin exception {name!r}"
    if not issubclass(found, Exception):
        return f"a script cannot raise {name!r}: it is not a subclass of Exception"
    if issubclass(found, _SPECIAL):
        return f"a script cannot raise {name!r}: it has a special meaning in a coroutine"
    if issubclass(found, _LONGER):
        return f"a script cannot raise {name!r}: it takes more than a message"
    return ""


EXCEPTIONS = tuple(sorted(name for name in vars(builtins) if not obstacle(name)))
