"""Making a service out of what the environment says. The variables are listed in ``service``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .finding import load, setting
from .observer import App, AsgiObserver
from .player import Player
from .records import Writer
from .scripts import Inbox


def build(environment: Mapping[str, str]) -> AsgiObserver:
    """The observer around the app that the environment names.

    Raises Misled for a missing or wrong setting, and whatever importing the app raises.
    """
    spool = setting(environment, "ENGINE_DESK")
    app: App = load(setting(environment, "ENGINE_APP"))
    if environment.get("ENGINE_PLAYS") == "1":
        lifespan_of, modules = (environment.get(name, "") for name in ("ENGINE_LIFESPAN_OF", "ENGINE_COMMANDS"))
        app = Player(app, Inbox(spool), lifespan_of, modules)
    return AsgiObserver(app, Writer(Path(spool, "records")))
