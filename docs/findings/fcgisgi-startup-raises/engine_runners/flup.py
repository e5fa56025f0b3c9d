"""flup's FastCGI server, on threads, from a command line: ``python -m engine_runners.flup APP --fd N``."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

from . import common


def main() -> None:
    """Serve until SIGTERM."""
    parsed = common.arguments("flup").parse_args()
    logging.basicConfig(level=logging.INFO)
    fcgi: Any = importlib.import_module("flup.server.fcgi")
    app = common.load(parsed.app)
    # As many threads wait from the start: flup drops a connection for which none is idle.
    threads = {"minSpare": 1, "maxSpare": parsed.threads}
    fcgi.WSGIServer(app, bindAddress=common.address(parsed), **threads).run()
    # Work of threads is not awaited.
    sys.exit(0)


if __name__ == "__main__":
    main()
