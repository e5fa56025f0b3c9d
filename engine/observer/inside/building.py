"""Building a service from environment variables, which ``service`` lists."""

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

    Raises Misled for a missing or wrong setting, and the exceptions of importing the app.
    """
    spool = setting(environment, "ENGINE_DESK")
    app: App = load(setting(environment, "ENGINE_APP"))
    if environment.get("ENGINE_PLAYS") == "1":
        lifespan_of, modules = (environment.get(name, "") for name in ("ENGINE_LIFESPAN_OF", "ENGINE_COMMANDS"))
        app = Player(app, Inbox(spool), lifespan_of, modules)
    return AsgiObserver(app, Writer(Path(spool, "records")))
