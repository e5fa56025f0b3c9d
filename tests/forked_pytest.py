"""pytest in a process that already has its modules: a fork of one that was started for this.

Such a process differs from ``python -m pytest`` in that it starts no interpreter and imports neither pytest nor the
engine, which takes most sessions longer than their work. It is no fork of the tests' own process, whose pytest has
rewritten modules, plugins and a configuration. Tests about what pytest's process loads start ``python -m pytest``.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

PLUGINS = ("-p", "no:asyncio", "-p", "no:hypothesispytest")
"""A pytest without plugins of others: one that is installed for benchmarks has words of its own to say, and to load the
other takes as long as to load all else."""
WITHIN = 120.0  # seconds
LOADED = (
    "pytest", "xdist.plugin", "xdist.looponfail", "xdist.dsession", "asyncio", "yaml", "engine.pytest_plugin.hooks",
    "engine.pytest_plugin.items", "engine.pytest_plugin.options", "engine.pytest_plugin.summary",
    "engine.targets.catalog.frameworks", "engine.targets.catalog.servers", "engine.targets.matrix.matrix",
    "engine.terminal.failure", "engine.terminal.blame", "engine.worker.client",
)  # fmt: skip
"""Modules that a session of pytest loads, and with them those that they import: no step type, and no matcher."""


def pytest(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder. Raises subprocess.TimeoutExpired."""
    parent = server()
    assert parent.stdin is not None
    assert parent.stdout is not None
    with tempfile.TemporaryDirectory() as name:
        files = [str(Path(name) / "out"), str(Path(name) / "err")]
        words = [*PLUGINS, *arguments]
        request = {"folder": str(folder), "arguments": words, "environment": dict(environment), "files": files}
        parent.stdin.write(json.dumps(request).encode() + b"\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        late = not select.select([parent.stdout], [], [], WITHIN)[0]
        if late:
            os.kill(child, signal.SIGKILL)
        code = int(parent.stdout.readline())
        out, err = (Path(file).read_text("utf-8") for file in files)
    if late:
        raise subprocess.TimeoutExpired(["pytest", *words], WITHIN, out, err)
    return subprocess.CompletedProcess(["pytest", *words], code, out, err)


@cache
def server() -> subprocess.Popen[bytes]:
    """The process to fork, one for each process of tests. It ends with its input."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    atexit.register(end, process)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server."""
    process.communicate()


def serve() -> None:
    """Fork for each line of the input, and write the child's number and its exit code."""
    for name in LOADED:
        import_module(name)
    import_module("engine.targets.catalog.servers").load_servers()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("xdist", "engine", "asgi_conformance_pytest"):
            # pytest warns of plugins that it can no longer rewrite, unless their documentation has this word.
            module.__doc__ = f"{module.__doc__}\nPYTEST_DONT_REWRITE"
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin.buffer:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(**request)
        print(child, file=replies, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=replies, flush=True)


def become(folder: str, arguments: list[str], environment: dict[str, str], files: list[str]) -> None:
    """Make of a forked process one that was just started, run pytest, and end. Does not return."""
    import pytest

    code = 70
    try:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for descriptor, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
        os.closerange(3, 64)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        # The first entry was the folder of this file; pytest-xdist has copied all of them for its workers.
        sys.path[0] = import_module("xdist.plugin")._sys_path[0] = folder
        sys.argv = [str(Path(pytest.__file__).with_name("__main__.py")), *arguments]
        code = int(pytest.main(arguments))
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
