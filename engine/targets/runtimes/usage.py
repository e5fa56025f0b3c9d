"""The resources that a tree of processes uses: on Linux and macOS alike, by psutil."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from engine.model.usage import Usage

if TYPE_CHECKING:
    import psutil


def family(pid: int) -> list[psutil.Process]:
    """A process and its remaining descendants, itself first; empty if it does not exist.

    Processes that have ended and were not waited for are not included.
    """
    import psutil  # noqa: PLC0415 (few runs need it, and it costs a tenth of the start)

    try:
        main = psutil.Process(pid)
        if main.status() == psutil.STATUS_ZOMBIE:
            return []
        found = [main]
        for child in main.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
        return found
    except psutil.NoSuchProcess:
        return []


def usage(pid: int) -> list[Usage]:
    """The resources that a process and its family use now. A process that ends meanwhile is left out."""
    import psutil  # noqa: PLC0415 (likewise)

    found: list[Usage] = []
    for process in family(pid):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
            times = process.cpu_times()
            memory = process.memory_info().rss
            found.append(Usage(process.pid, memory, process.num_fds(), times.user + times.system))
    return found


def signal(root: int, pid: int, number: int) -> bool:
    """Send a signal to a process of the family of ``root``; whether there was one. No stranger is ever sent any: that
    a pid is still the same process is seen to by psutil, which compares times of birth."""
    import psutil  # noqa: PLC0415 (likewise)

    for process in family(root):
        if process.pid == pid:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                return False
            return True
    return False
