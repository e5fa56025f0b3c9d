"""Where the engine keeps what it makes once for all runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def default_cache() -> Path:
    """Where environments are kept: ENGINE_CACHE, or a folder of the user's cache as the system has it."""
    given = os.environ.get("ENGINE_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "asgi-conformance"
    base = os.environ.get("XDG_CACHE_HOME")
    # The XDG base directory specification has a relative path ignored.
    root = Path(base) if base and os.path.isabs(base) else Path.home() / ".cache"
    return root / "asgi-conformance"
