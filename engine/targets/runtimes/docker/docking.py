"""The interface to Docker: finding its engine, messages if it cannot be used, and the objects of a run.

All objects of a run have two labels: that they are this engine's, and the process that created them. Objects without
these labels are never touched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from docker.errors import APIError, DockerException, NotFound

import docker
from engine.errors import EnvironmentFailed

LABEL = "asgi-conformance.engine"
RUN = "asgi-conformance.run"
# The time limit of a call, in seconds; builds report each line.
TIMEOUT = 120
# So many containers are removed at a time.
AT_ONCE = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Left:
    """The names of what a sweep removed."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


def connect(make: Callable[..., Any] = docker.from_env) -> Any:
    """A client of a Docker engine that answers. Raises EnvironmentFailed where there is none, or none may be used."""
    try:
        client = make(timeout=TIMEOUT)
        client.ping()
    except (DockerException, OSError) as error:
        raise unusable(error) from None
    return client


def unusable(error: BaseException) -> EnvironmentFailed:
    """The error for a Docker engine that cannot be used, from the client's words."""
    words = str(error)
    where = os.environ.get("DOCKER_HOST", "/var/run/docker.sock")
    if "Permission denied" in words or "PermissionError" in words:
        hint = "be a member of the group `docker` (and log in again), or run a rootless Docker and set DOCKER_HOST"
        return EnvironmentFailed(f"this user may not use the Docker engine at {where}", hint=hint)
    if "FileNotFoundError" in words or "No such file" in words:
        hint = "install Docker and start it (systemctl start docker), or set DOCKER_HOST; without it: --runtime local"
        return EnvironmentFailed(f"there is no Docker engine at {where}", hint=hint)
    if "refused" in words:
        return EnvironmentFailed(f"no Docker engine answers at {where}", hint="start it: systemctl start docker")
    return EnvironmentFailed("the Docker engine cannot be used", hint=last_line(words))


def refused(doing: str, error: Exception) -> EnvironmentFailed:
    """The error for a refusal by the Docker engine, with a way out where its words are known."""
    words = str(getattr(error, "explanation", "") or error)
    low = words.lower()
    hint = last_line(words)
    if "no space left" in low:
        hint = "the disk with Docker's files is full: see docker system df"
    elif "port is already allocated" in low or "address already in use" in low:
        hint = "another process or container has that port: see docker ps"
    elif re.search(r"pull access denied|manifest.*not found|not found: manifest|no such host|dial tcp|registry", low):
        hint = f"the base image cannot be pulled; PYTHON_IMAGE names another one. {last_line(words)}"
    elif "user namespaces are enabled" in low:
        hint = "containers share the machine's process ids here, which a Docker with userns-remap does not allow"
    elif "connection" in low and ("refused" in low or "aborted" in low or "reset" in low):
        hint = "the Docker engine went away: see its own log"
    return EnvironmentFailed(f"Docker could not {doing}", hint=hint, log=words)


def last_line(words: str) -> str:
    """The last line that says something, cut."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def asking(doing: str, operation: Callable[[], T]) -> T:
    """Do something with the client. Raises EnvironmentFailed, which says what could not be done."""
    try:
        return operation()
    except (DockerException, OSError) as error:
        raise refused(doing, error) from None


def run_word(pid: int | None = None) -> str:
    """The name of a process's run: its pid and its start time, so that a reused pid is another run."""
    pid = os.getpid() if pid is None else pid
    return f"{pid}-{born(pid)}"


def born(pid: int) -> str:
    """The start time of a process, "" where there is none, or it cannot be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def lives(run: str) -> bool:
    """True if the process of a run still runs."""
    pid, _, when = run.partition("-")
    if not pid.isdigit():
        return False
    return bool(when) and born(int(pid)) == when


def labels(run: str) -> dict[str, str]:
    """The labels of what a run makes."""
    return {LABEL: "1", RUN: run}


def sweep(client: Any, of: Callable[[str], bool]) -> Left:
    """Remove every container and network of those runs of this engine, running or not. Raises EnvironmentFailed."""
    networks = []
    filters = {"label": [LABEL, RUN]}
    found = asking("list containers", lambda: client.containers.list(all=True, filters=filters, ignore_removed=True))
    mine = [one for one in found if of(one.labels.get(RUN, ""))]
    # Each takes the engine a second, most of it with the container's network.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_remove, mine))
    for one in asking("list networks", lambda: client.networks.list(filters=filters)):
        if of((one.attrs.get("Labels") or {}).get(RUN, "")):
            with suppress(NotFound, APIError):
                one.remove()
            networks.append(one.name)
    return Left(tuple(one.name for one in mine), tuple(networks))


def _remove(container: Any) -> None:
    # Somebody else may remove it at the same time.
    with suppress(NotFound, APIError):
        container.remove(force=True, v=True)
