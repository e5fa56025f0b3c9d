"""The resources that a tree of processes uses: on Linux and macOS alike, by psutil."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
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


def take_peak(pid: int) -> int | None:
    """The most resident memory of a process, in bytes, since this was asked last, or since its start. None where there
    is no such record: it is Linux's, in /proc/PID/status (VmHWM) and /proc/PID/clear_refs (proc(5))."""
    process = Path("/proc") / str(pid)
    try:
        rows = (process / "status").read_text(encoding="ascii", errors="replace").splitlines()
        (process / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    kilobytes = [row.split()[1] for row in rows if row.startswith("VmHWM:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def usage(pid: int) -> list[Usage]:
    """The resources that a process and its family use now. A process that ends meanwhile is left out."""
    import psutil  # noqa: PLC0415 (likewise)

    found: list[Usage] = []
    for process in family(pid):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
            times = process.cpu_times()
            memory = process.memory_info().rss
            used = times.user + times.system
            peak = take_peak(process.pid)
            found.append(Usage(process.pid, memory, process.num_fds(), used, process.num_threads(), peak))
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
