"""Finding the app that the environment names. It does not import asyncio, which a WSGI server does not need."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from .origin import OWNERS


class Misled(Exception):
    """The environment names no application, or an invalid one."""


def load(name: str) -> Callable[..., Any]:
    """The app called ``module:attribute``; the attribute may be dotted. Raises Misled, and the exceptions of its
    import."""
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise Misled(f"ENGINE_APP is {name!r}, and must be module:attribute")
    loaded = importlib.import_module(module)
    OWNERS.app_found(module, getattr(loaded, "__file__", None))
    try:
        app: Callable[..., Any] = attrgetter(attribute)(loaded)
    except AttributeError as error:
        raise Misled(f"the module {module!r} has no {attribute!r}") from error
    if not callable(app):
        raise Misled(f"{name} is of class {type(app).__name__} and cannot be called")
    return app


def setting(environment: Mapping[str, str], name: str) -> str:
    """A required variable. Raises Misled if it is not set."""
    value = environment.get(name, "")
    if not value:
        raise Misled(f"{name} is not set")
    return value
