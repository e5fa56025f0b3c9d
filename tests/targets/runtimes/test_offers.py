from __future__ import annotations

from pathlib import Path

from engine.targets.catalog.capabilities import NOTHING
from engine.targets.catalog.frameworks import Framework
from engine.targets.environments.packages import Environment
from engine.targets.runtimes.offers import target_info
from tests.targets.probing.test_probes import MISSED, SERVER


def test_what_is_known_of_a_target() -> None:
    environment = Environment(Path("python"), "3.11.7", {"one-package": "1.2", "other": "3"}, "abc")
    framework = Framework("star", "Star", "app:app", Path("none"), offers=frozenset({"lifespan"}))
    found = target_info(SERVER, framework, environment, "uvloop.Loop", MISSED)
    assert (found.python, found.loop_name, found.version, found.commit) == ("3.11.7", "uvloop", "1.2", "abc")
    # The framework's app speaks no WebSocket, and nobody looked for uvloop.
    assert found.offers == ("lifespan", "uvloop")
    assert found.refuted == ("http2 is claimed, and the probe found none",)
    assert target_info(SERVER, framework, environment, "", NOTHING).offers == ("http2", "lifespan", "uvloop")
