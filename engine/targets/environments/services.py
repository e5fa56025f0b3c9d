"""The environment variables of a service, and the packages of the engine's own that it can import."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import EnvironmentFailed
from engine.model.target import CONTROL, ServerLaunch
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import inside
from engine.targets.environments.packages import Environment

# The location of an interpreter's own shared library, on machines that need it.
KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Services:
    """The state that all services of a run share."""

    def __init__(self, cache: Path, source: Path = inside.SOURCE) -> None:
        """``source`` is the package that goes into each service; copies lie in the ``cache``."""
        self._cache = cache
        self._source = source
        self._laid_out: dict[str, Path] = {}

    def variables(
        self, launch: ServerLaunch, server: Server, framework: Framework, environment: Environment, scratch: Path
    ) -> dict[str, str]:
        """The whole environment of a service. The folders that it speaks of are made. Raises EnvironmentFailed."""
        packages = {**inside.packages(), inside.PACKAGE: self._source, **server.brings, **framework.brings}
        for package in packages.keys() - self._laid_out.keys():
            try:
                self._laid_out[package] = inside.laid_out(self._cache, packages[package], package)
            except OSError as error:
                raise EnvironmentFailed(f"the cache cannot be used: {error.strerror}: {error.filename}") from None
        for name in ("home", "tmp"):
            (scratch / name).mkdir(exist_ok=True)
        # A case replaces none of those that the engine depends on; the linter rejects their names.
        variables = {
            "LANG": "C.UTF-8",
            **launch.variables,
            "PATH": f"{environment.python.parent}:{os.defpath}",
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": ":".join(map(str, [*(self._laid_out[name] for name in packages), framework.folder])),
            "ENGINE_DESK": str(scratch / "desk"),
            **framework.variables,
        }
        if launch.target.framework == CONTROL:
            variables |= {"ENGINE_PLAYS": "1", **inside.variables()}
        if launch.lifespan_of:
            variables["ENGINE_LIFESPAN_OF"] = launch.lifespan_of
        return variables | {name: os.environ[name] for name in KEPT if name in os.environ}
