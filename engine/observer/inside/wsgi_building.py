"""Making a WSGI service out of what the environment says. The variables are listed in ``service``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .finding import load, setting
from .records import Writer
from .wsgi_observer import WsgiObserver


def build(environment: Mapping[str, str]) -> WsgiObserver:
    """The observer around the WSGI app that the environment names.

    Raises Misled for a missing or wrong setting, and whatever importing the app raises.
    """
    spool = setting(environment, "ENGINE_DESK")
    app = load(setting(environment, "ENGINE_APP"))
    return WsgiObserver(app, Writer(Path(spool, "records")))
