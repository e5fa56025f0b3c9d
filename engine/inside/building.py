"""Making a service out of what the environment says. The variables are listed in ``service``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path

from .observer import App, Observer
from .player import Player
from .records import Writer
from .scripts import Inbox


class Misled(Exception):
    """The environment does not say what to load, or names what is no application."""


def build(environment: Mapping[str, str]) -> Observer:
    """The observer around the app that the environment names.

    Raises Misled for a missing or wrong setting, and whatever importing the app raises.
    """
    desk = _setting(environment, "ENGINE_DESK")
    app = load(_setting(environment, "ENGINE_APP"))
    if environment.get("ENGINE_PLAYS") == "1":
        app = Player(app, Inbox(desk), environment.get("ENGINE_LIFESPAN_OF", ""))
    return Observer(app, Writer(Path(desk, "records")))


def load(name: str) -> App:
    """The app called ``module:attribute``; the attribute may be dotted. Raises Misled, and what its import raises."""
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise Misled(f"ENGINE_APP is {name!r}, and must be module:attribute")
    loaded = importlib.import_module(module)
    try:
        app: App = attrgetter(attribute)(loaded)
    except AttributeError as error:
        raise Misled(f"the module {module!r} has no {attribute!r}") from error
    if not callable(app):
        raise Misled(f"{name} is of class {type(app).__name__} and cannot be called")
    return app


def _setting(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise Misled(f"{name} is not set")
    return value
