"""Findings about this machine."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from engine.app.health.base import HealthFinding, missing, ok, warn
from engine.model.quantities import show_size
from engine.targets.runtimes.local.scratch import scratch_root

OLDEST, NEWEST = (3, 11), (3, 13)
# A target's spool holds scripts and records of its calls; its worker and its connections take files.
LEAST_SPACE = 256 * 1024 * 1024
FEW_FILES, TOO_FEW_FILES = 1024, 128
HERE = "127.0.0.1"


def system(name: str = sys.platform) -> HealthFinding:
    """The operating system."""
    if name == "win32":
        return missing("Windows is not supported", "use Linux, macOS, or WSL")
    return ok(f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count() or 1} processors")


def python(version: tuple[int, int, int] = sys.version_info[:3]) -> HealthFinding:
    """The interpreter, which the services get as well."""
    text = ".".join(str(number) for number in version)
    bounds = f"{'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
    if version[:2] < OLDEST:
        return missing(f"{text}; the engine runs on {bounds}", "create the environment with a newer python3")
    if version[:2] > NEWEST:
        return warn(f"{text}; the engine is tested on {bounds}", "use an older python3 if an installation fails")
    return ok(f"{text}, within {bounds}; {sys.executable}")


def open_files(limit: int | None = None) -> HealthFinding:
    """Check the limit on open files of a process."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    if soft == resource.RLIM_INFINITY or soft >= FEW_FILES:
        return ok("unlimited" if soft == resource.RLIM_INFINITY else f"{soft} at once")
    if soft < TOO_FEW_FILES:
        return missing(f"{soft} at once, and a run needs more", "ulimit -n 4096")
    return warn(f"{soft} at once; many targets together may need more", "ulimit -n 4096")


def ports() -> HealthFinding:
    """Check that a loopback port can be bound and reached."""
    try:
        with contextlib.closing(socket.create_server((HERE, 0))) as listener:
            listener.settimeout(2)
            with contextlib.closing(socket.create_connection(listener.getsockname(), timeout=2)):
                accepted, _ = listener.accept()
                accepted.close()
    except OSError as error:
        what = f"no service can be reached on {HERE}: {error.strerror or error}"
        return missing(what, "check the loopback interface, a firewall, or a sandbox around this shell")
    return ok(f"a service can be reached on {HERE}")


def scratch(folder: Path | None = None) -> HealthFinding:
    """The folder for what targets write while they run."""
    try:
        where = folder or scratch_root()
    except FileNotFoundError:
        return missing("there is no folder for temporary files", "TMPDIR names one")
    if trouble := unwritable(where):
        return missing(f"{where}: {trouble}", "TMPDIR names another folder")
    free = shutil.disk_usage(where).free
    text = f"{where}, {show_size(free)} free"
    if free < LEAST_SPACE:
        return warn(text, f"targets may need {show_size(LEAST_SPACE)}; TMPDIR names another folder")
    return ok(text)


def unwritable(folder: Path) -> str:
    """The reason why a folder, or a new one at that path, is not writable; "" if it is."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()
