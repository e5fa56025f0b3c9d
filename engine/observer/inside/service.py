"""The module that a server loads in place of the app: ``engine_inside.service:app``. Importing it loads the app.

``ENGINE_DESK``: the target's folder. ``ENGINE_APP``: module:attribute, the app itself. ``ENGINE_PLAYS``: 1 for the bare
app, which plays scripts. ``ENGINE_LIFESPAN_OF``: the job whose lifespan script is played, and its others for calls that
belong to no job. ``ENGINE_COMMANDS``: modules of extensions with more commands for scripts, separated by commas.
"""

from __future__ import annotations

import os
import sys

from .building import build

try:
    app = build(os.environ)
except BaseException as error:
    wanted = os.environ.get("ENGINE_APP", "")
    print(f"engine: the app {wanted!r} cannot be loaded: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    raise
