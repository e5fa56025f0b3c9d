"""fcgisgi from a command line: ``python -m engine_runners.fcgisgi APP --fd N``."""

from __future__ import annotations

import asyncio
import importlib
import logging
from typing import Any

from . import common


def main() -> None:
    """Serve until SIGTERM."""
    parser = common.arguments("fcgisgi")
    parser.add_argument("--interface", choices=("asgi", "wsgi"), default="asgi")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    parsed = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    fcgisgi: Any = importlib.import_module("fcgisgi")
    app = common.load(parsed.app)
    more: dict[str, Any] = {"shutdown_timeout": parsed.grace}
    if parsed.interface == "asgi":
        serving = fcgisgi.run_asgi_server(app, common.address(parsed), **more)
    else:
        serving = fcgisgi.run_wsgi_server(app, common.address(parsed), max_workers=parsed.threads, **more)
    factory = importlib.import_module("uvloop").new_event_loop if parsed.loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serving)


if __name__ == "__main__":
    main()
