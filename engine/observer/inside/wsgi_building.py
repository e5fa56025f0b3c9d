"""Building a WSGI service from environment variables, which ``service`` lists."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .finding import load, setting
from .records import Writer
from .wsgi_observer import WsgiObserver


def build(environment: Mapping[str, str]) -> WsgiObserver:
    """The observer around the WSGI app that the environment names.

    Raises Misled for a missing or wrong setting, and the exceptions of importing the app.
    """
    spool = setting(environment, "ENGINE_DESK")
    app = load(setting(environment, "ENGINE_APP"))
    return WsgiObserver(app, Writer(Path(spool, "records")))
