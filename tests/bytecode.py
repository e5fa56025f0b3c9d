"""Compiled Python is kept for the next process, even if none may be written next to the sources.

The tests start hundreds of Python processes, and each worker of pytest-xdist rewrites the assertions of every test.
With PYTHONDONTWRITEBYTECODE in the environment, as in many containers, all of them would compile the engine and the
tests again, which takes most of them longer than their work.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

FORBIDDEN, ELSEWHERE = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


def keep(config: pytest.Config) -> None:
    """Have this process, and all that it starts, keep bytecode in pytest's cache, if they would keep none.

    Without that cache it is a folder of this run's. Either way what came from temporary files goes with the run.
    """
    if not sys.dont_write_bytecode:
        return
    cache = getattr(config, "cache", None)
    folder = Path(cache.mkdir("bytecode") if cache is not None else tempfile.mkdtemp(prefix="engine-bytecode-"))
    config.add_cleanup(lambda: forget(folder, config.rootpath) if cache is not None else shutil.rmtree(folder, True))
    sys.pycache_prefix = os.environ[ELSEWHERE] = str(folder)
    sys.dont_write_bytecode = False
    os.environ.pop(FORBIDDEN, None)


def forget(folder: Path, root: Path) -> None:
    """Remove the bytecode of temporary files, which have other names in each run; ``root`` may lie among them."""
    temporary = Path(tempfile.gettempdir())
    kept = folder / temporary.relative_to(temporary.anchor)
    for one in kept.iterdir() if kept.is_dir() else ():
        if not root.is_relative_to(temporary / one.name):
            shutil.rmtree(one, ignore_errors=True)
