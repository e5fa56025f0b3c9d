"""The module that a server loads in place of a WSGI app: ``engine_inside.wsgi_service:app``. Importing it loads the
app.

``ENGINE_DESK`` and ``ENGINE_APP`` are those of ``service``. No WSGI app plays scripts.
"""

from __future__ import annotations

import os
import sys

from .wsgi_building import build

try:
    app = build(os.environ)
except BaseException as error:
    wanted = os.environ.get("ENGINE_APP", "")
    print(f"engine: the app {wanted!r} cannot be loaded: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    raise
