"""The environments that are being made, for a display that may come later than the first of them.

A run's first target starts before a document is read, and so before its display exists. The display gets the
environments that are being made as soon as it listens.
"""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, bool], None]
"""Called with the name of an environment, and True when it begins to be made, False when that is over."""


class Activity:
    """Passes on which environments are being made. Called as a ``Listener``."""

    def __init__(self) -> None:
        self._now: dict[str, None] = {}
        self._listener: Listener | None = None

    def __call__(self, name: str, begun: bool) -> None:
        if begun:
            self._now[name] = None
        else:
            self._now.pop(name, None)
        if self._listener is not None:
            self._listener(name, begun)

    def listen(self, listener: Listener | None) -> None:
        """Pass everything on to a listener from now on, first what has begun; None ends that."""
        self._listener = listener
        if listener is not None:
            for name in list(self._now):
                listener(name, True)
