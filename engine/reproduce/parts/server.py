"""The server as a process of the client's: started by ``run.sh``, signalled, measured, and ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine.reproduce.parts.checks import ABSENT, FaultShown, ResultUnknown
from engine.reproduce.parts.wire import HOST, PORT, connected, left

FOLDER = Path(__file__).resolve().parent
LOG = FOLDER / "server.log"
UPSTREAM = int(os.environ.get("UPSTREAM", str(PORT + 1)))
# Ends the server if the client is killed: its standard input ends with the client.
GUARD = """\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
if not os.read(0, 1):
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
"""


class Server:
    """The server's main process."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.guards: list[subprocess.Popen[bytes]] = []
        self.caused_at = time.monotonic()
        self.workers: set[int] = set()
        LOG.write_bytes(b"")

    def start(self, ready: bool = True) -> str:
        """Start the server, and wait until it accepts connections. Returns ``started``, or what happened instead."""
        self.caused_at = time.monotonic()
        with LOG.open("ab") as log:
            self.process = subprocess.Popen(["./run.sh"], cwd=FOLDER, stdout=log, stderr=log, start_new_session=True)
        guard = [sys.executable, "-c", GUARD, str(self.process.pid)]
        self.guards.append(subprocess.Popen(guard, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 30
        while ready and not accepts_connections():
            if self.process.poll() is not None:
                return f"it ended with {self.ending}"
            if time.monotonic() > deadline:
                return "it accepted no connection within 30 s"
            time.sleep(0.02)
        if ready:
            # Some servers listen before the application has started.
            time.sleep(0.3)
        if ready and self.process.poll() is not None:
            return f"it ended with {self.ending}"
        self.workers = set(self.pids[1:])
        return "started"

    @property
    def pid(self) -> int:
        """The main process. Raises ResultUnknown before the server was started."""
        if self.process is None:
            raise ResultUnknown("the server was not started")
        return self.process.pid

    @property
    def ending(self) -> str:
        """The end of the main process in words; "" while it runs."""
        if self.process is None or self.process.poll() is None:
            return ""
        code = self.process.returncode
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def signal(self, name: str, pid: int | None = None) -> None:
        """Send a signal to the main process, or to another."""
        self.caused_at = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid if pid is None else pid, signal.Signals[f"SIG{name}"])

    def exit(self, within: float | None = None) -> Exit:
        """Wait for the end of the main process."""
        waits = left(within)
        try:
            if self.process is not None:
                self.process.wait(waits)
        except subprocess.TimeoutExpired:
            left(None)
        return Exit(self)

    @property
    def pids(self) -> list[int]:
        """The ids of the server's processes, the main one first."""
        if self.process is None or self.process.poll() is not None:
            return []
        output = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
        parents = {}
        for line in output.stdout.splitlines():
            pid, parent, state = line.split()[:3]
            if not state.startswith("Z"):
                parents[int(pid)] = int(parent)
        found = [self.process.pid]
        for one in found:
            found += [child for child, of in parents.items() if of == one]
        return found

    @property
    def log(self) -> Log:
        """The output of the server."""
        # Line ends stay as the server wrote them.
        return Log(LOG.read_bytes().decode("utf-8", "replace"))

    def expect_alive(self) -> None:
        """Check that no process of the server has ended. Raises FaultShown."""
        time.sleep(0.3)
        if self.ending:
            raise FaultShown(f"expected: a running server\nactual: the server ended with {self.ending}")
        if gone := self.workers - set(self.pids):
            raise FaultShown(f"expected: running workers\nactual: the worker {gone} has ended")

    def stop(self) -> None:
        """End all processes of the server."""
        if self.process is None:
            return
        pids = self.pids
        for name in ("SIGTERM", "SIGKILL"):
            if self.process.poll() is None:
                self.signal(name.removeprefix("SIG"))
                try:
                    self.process.wait(0.1 if name == "SIGTERM" else 5)
                except subprocess.TimeoutExpired:
                    continue
        for pid in pids:
            self.signal("KILL", pid)
        for guard in self.guards:
            guard.communicate(b".")
        self.guards.clear()


class Exit:
    """The end of the main process: its exit status or its signal, and the seconds since what caused it."""

    def __init__(self, server: Server) -> None:
        code = server.process.poll() if server.process is not None else None
        self.ended = code is not None
        self.code: object = ABSENT if code is None or code < 0 else code
        self.signal: object = ABSENT if code is None or code >= 0 else signal.Signals(-code).name.removeprefix("SIG")
        self.elapsed = time.monotonic() - server.caused_at


class Log:
    """The output of a server."""

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    @property
    def tracebacks(self) -> int:
        """The number of tracebacks; one with its causes counts once."""
        found = 0
        for match in re.finditer(r"^.*Traceback \(most recent call last\):\s*?$", self.text, re.MULTILINE):
            before = self.text[: match.start()].rstrip()[-200:]
            causes = ("the direct cause of the following exception:", "another exception occurred:")
            found += not before.endswith(causes) and not match[0].lstrip().startswith("|")
        return found


class Usage:
    """The resources of the server's processes together: resident memory in bytes, its peak since the last measurement
    (on Linux), open files, threads, processor seconds."""

    def __init__(self, server: Server) -> None:
        self.pids = server.pids
        self.processes = len(self.pids)
        self.memory = self.files = self.threads = self.peak = 0
        self.cpu = 0.0
        for pid in self.pids:
            if sys.platform == "linux":
                # A process that ends meanwhile is left out.
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    self.add(Path("/proc", str(pid)))
            else:
                row = subprocess.run(
                    ["ps", "-o", "rss=,time=", "-p", str(pid)], capture_output=True, text=True, check=True
                )
                memory, clock = row.stdout.split()
                self.memory += int(memory) * 1024
                minutes, _, seconds = clock.rpartition(":")
                self.cpu += float(seconds) + 60 * float(minutes.rpartition(":")[2] or 0)
                files = subprocess.run(["lsof", "-p", str(pid)], capture_output=True, text=True, check=False)
                self.files += len(files.stdout.splitlines()) - 1
                threads = subprocess.run(["ps", "-M", "-p", str(pid)], capture_output=True, text=True, check=True)
                self.threads += len(threads.stdout.splitlines()) - 1

    def add(self, process: Path) -> None:
        """Add a process of Linux, by its folder. Raises FileNotFoundError or ProcessLookupError if it has ended."""
        memory = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        files = len(list((process / "fd").iterdir()))
        # An ended process that nobody has waited for has no peak.
        peaks = re.findall(r"VmHWM:\s*(\d+)", (process / "status").read_text())
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        # The next measurement has the peak since this one.
        (process / "clear_refs").write_text("5")
        self.memory += memory
        self.files += files
        self.peak += 1024 * int(peaks[0]) if peaks else 0
        self.threads += int(fields[17])
        self.cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled(server: Server, within: float) -> None:
    """Wait until the memory and the files of the server do not change for half a second. Raises ResultUnknown."""
    deadline = time.monotonic() + within
    last = Usage(server)
    while True:
        time.sleep(0.5)
        found = Usage(server)
        if abs(found.memory - last.memory) < 256 * 1024 and found.files == last.files and found.cpu - last.cpu < 0.02:
            return
        if time.monotonic() > deadline:
            raise ResultUnknown(f"the resources of the server still change after {within:g} s")
        last = found


def accepts_connections() -> bool:
    """True if something accepts connections at the server's address, and at that of the server behind nginx."""
    conf = FOLDER / "nginx.conf.in"
    fronted = conf.exists() and f"{HOST}:64992" in conf.read_text()
    try:
        for port in (UPSTREAM, PORT) if fronted else (PORT,):
            connected((HOST, port), 1.0).close()
    except OSError:
        return False
    return True
