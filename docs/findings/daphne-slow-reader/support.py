"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

class FaultShown(Exception):
    """An expectation about the fault does not hold."""


class ResultUnknown(Exception):
    """A step before the one that shows the fault went wrong."""


class Overdue(Exception):
    """The time for the whole reproduction is over."""


class Absent:
    """The value of something that is missing; it equals nothing."""

    def __repr__(self) -> str:
        return "none"


class Several(Absent):
    """The value of something that occurs several times, and is expected once."""

    def __init__(self, values: object) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"several: {self.values!r}"


ABSENT = Absent()


class That:
    """A condition on a value, with its words."""

    def __init__(self, words: str, holds: Callable[[object], bool], *, absent: bool = False) -> None:
        self.words = words
        self.holds = holds
        self.absent = absent

    def __repr__(self) -> str:
        return self.words


def expect(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the expected one. Raises FaultShown if it differs."""
    if not fits(actual, wanted):
        raise FaultShown(f"expected {what}: {brief(wanted)}\nactual {what}:   {brief(actual)}")
    print(f"as expected, {what}: {brief(actual)}")


def need(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the one that the later steps depend on. Raises ResultUnknown if it differs."""
    if not fits(actual, wanted):
        raise ResultUnknown(f"needed {what}: {brief(wanted)}\nactual {what}: {brief(actual)}")


def fits(actual: object, wanted: object) -> bool:
    """True if a value is the wanted one, or meets the condition."""
    if isinstance(actual, Several):
        return False
    if isinstance(wanted, That):
        return (wanted.absent or actual is not ABSENT) and wanted.holds(actual)
    return actual is not ABSENT and same(actual, wanted)


def same(actual: object, wanted: object) -> bool:
    """Equality in which true is not 1, text is not bytes, and a tuple equals a list."""
    if isinstance(actual, Mapping) and "$class" in actual and isinstance(actual.get("value"), int):
        return same(actual["value"], wanted)
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(actual) == len(wanted) and all(map(same, actual, wanted))
    if isinstance(actual, Mapping) and isinstance(wanted, Mapping):
        return actual.keys() == wanted.keys() and all(same(actual[key], wanted[key]) for key in actual)
    return actual == wanted


def brief(value: object) -> str:
    """A value for a reader; the middle of a long one is left out."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-60:]}"


def run(reproduction: Callable[[], None], title: str, *, timeout_is_fault: bool = False) -> int:
    """Run a reproduction. Returns its exit status: 1 if the fault shows, 0 if it does not, 2 if that is unknown."""
    print(title)
    try:
        reproduction()
    except FaultShown as fault:
        print(f"{fault}\nThe fault shows.")
        return 1
    except Overdue as late:
        print(late)
        if timeout_is_fault:
            print("The fault shows.")
            return 1
        print("The result is unknown.")
        return 2
    except ResultUnknown as problem:
        print(f"{problem}\nThe result is unknown.")
        return 2
    except OSError as error:
        print(f"{type(error).__name__}: {error}\nThe result is unknown.")
        return 2
    print("The fault does not show.")
    return 0


def number_that(words: str, holds: Callable[[float], bool]) -> That:
    """A condition on a number; true and false are none."""
    return That(words, lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and holds(v))


def at_most(bound: float) -> That:
    return number_that(f"at most {bound}", lambda v: v <= bound)


PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 30


class Clock:
    """``began`` is the start of the run under way."""

    began = time.monotonic()


def left(within: float | None) -> float:
    """The seconds that a wait may last: ``within``, or the rest of the time for the whole reproduction. Raises Overdue
    if that is over."""
    rest = Clock.began + LIMIT - time.monotonic()
    if rest <= 0:
        raise Overdue(f"it was not over after {LIMIT:g} s")
    return rest if within is None else min(within, rest)


def connected(address: tuple[str, int], within: float, receive_buffer: int | None = None) -> socket.socket:
    """A socket connected to a host and a port, or to the path of a Unix socket. Raises OSError."""
    host = address[0]
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        if receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(within)
        made.connect(host if family == socket.AF_UNIX else address)
        if family != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


class Connection:
    """A TCP connection to the server, and what was received on it."""

    def __init__(
        self,
        address: tuple[str, int] = (HOST, PORT),
        receive_buffer: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, with TLS if a context is given. Raises OSError."""
        self.socket: socket.socket = connected(address, left(5.0), receive_buffer)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        # The client of a Unix socket has no address.
        self.local: tuple[str, int] = tuple(self.socket.getsockname()[:2] or ("", 0))
        self.port = self.local[1]
        self.began = self.sent_at = self.arrived_at = time.monotonic()
        self.sent: bytes | Absent = Absent()
        self.unread = b""
        self.ended = ""
        self.reads = True

    def send(self, data: bytes | list[bytes], sent: bytes | None = None) -> None:
        """Send bytes in one write, or pieces one after the other. A connection that the server has ended takes none."""
        if isinstance(data, list):
            if not WHOLE:
                self.send_slowly(data, 0.002, sent)
                return
            data = b"".join(data)
        self.sent = data if sent is None else sent
        try:
            self.socket.settimeout(left(None))
            self.socket.sendall(data)
        except TimeoutError:
            left(None)
        except OSError:
            self.ended = self.ended or "reset"
        self.sent_at = time.monotonic()

    def send_slowly(self, pieces: list[bytes], every: float, sent: bytes | None = None) -> None:
        """Send pieces, so many seconds apart."""
        began = time.monotonic()
        for number, piece in enumerate(pieces):
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            self.send(piece, b"".join(pieces) if sent is None else sent)

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


def connect(
    address: tuple[str, int] = (HOST, PORT),
    receive_buffer: int | None = None,
    context: ssl.SSLContext | None = None,
) -> tuple[str, Connection | None, str]:
    """The outcome of connecting (connected, refused, reset, handshake or timeout), the connection, and the error."""
    try:
        return "connected", Connection(address, receive_buffer, context), ""
    except ConnectionRefusedError as error:
        return "refused", None, str(error)
    except ConnectionResetError as error:
        return "handshake" if context else "reset", None, str(error)
    except TimeoutError as error:
        return "timeout", None, str(error)
    except OSError as error:
        return "handshake" if context else "refused", None, str(error)


MARKS = Path(__file__).with_name("marks")


def retry(action: Callable[[], None], within: float, every: float = 0.05) -> None:
    """Call a function until it raises nothing; when the time is over, what it raised last counts."""
    deadline = time.monotonic() + within
    while True:
        try:
            return action()
        except (FaultShown, ResultUnknown):
            if time.monotonic() >= deadline:
                raise
        time.sleep(every)


def wait_for_mark(name: str) -> None:
    """Wait until the application has set a mark."""
    while not (MARKS / name).exists():
        left(None)
        time.sleep(0.005)


FOLDER = Path(__file__).resolve().parent
LOG = FOLDER / "server.log"
UPSTREAM = int(os.environ.get("UPSTREAM", str(PORT + 1)))
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
